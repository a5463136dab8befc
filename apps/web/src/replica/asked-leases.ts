// Leases where there are no Web Locks (plain HTTP off this machine): tabs ask each other.
//
// A tab that sleeps does not answer, and its identity may be taken. That is no harm: the store checks
// its own lease in each commit (packages/storage/src/lease.ts), so a tab whose identity was taken can
// write nothing more under it. What is asked here only keeps tabs that are awake from losing theirs.
import type { Lease, Leases } from './leases.ts'

/** Tabs of one browser answer in a few milliseconds, unless they are asleep. */
const ANSWER_MS = 300

/** A wish for the first of these numbers that nobody holds. The smaller claim goes first. */
interface Wish {
  readonly claim: number
  readonly numbers: readonly number[]
}

type Message =
  | ({ readonly kind: 'ask' } & Wish)
  | { readonly kind: 'held'; readonly numbers: readonly number[] }

/** What this tab hears while it asks. */
interface Heard {
  readonly held: Set<number>
  readonly wishes: Wish[]
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(Number.isSafeInteger)

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false
  const { kind, numbers, claim } = value as Partial<Record<string, unknown>>
  return isNumbers(numbers) && (kind === 'held' || (kind === 'ask' && typeof claim === 'number'))
}

/** What is left for `own`, once all who go before it have taken theirs. */
export function share(
  own: Wish,
  held: Iterable<number>,
  wishes: readonly Wish[],
): number | undefined {
  const taken = new Set(held)
  const first = ({ numbers }: Wish): number | undefined => numbers.find((each) => !taken.has(each))
  for (const wish of wishes.toSorted((a, b) => a.claim - b.claim)) {
    if (wish.claim >= own.claim) break
    const number = first(wish)
    if (number !== undefined) taken.add(number)
  }
  return first(own)
}

export class AskedLeases implements Leases {
  readonly #channel: BroadcastChannel
  readonly #held = new Set<number>()
  #heard: Heard | undefined

  constructor(namespace: string) {
    this.#channel = new BroadcastChannel(`tallymesh pool of ${namespace}`)
    this.#channel.addEventListener('message', ({ data }) => {
      if (isMessage(data)) this.#hear(data)
    })
  }

  async takeFirst(numbers: readonly number[]): Promise<Lease | undefined> {
    if (numbers.length === 0) return undefined
    const heard: Heard = { held: new Set(this.#held), wishes: [] }
    this.#heard = heard
    const wish = { claim: Math.random(), numbers }
    this.#say({ kind: 'ask', ...wish })
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
    this.#heard = undefined
    const number = share(wish, heard.held, heard.wishes)
    return number === undefined ? undefined : this.#take(number)
  }

  takeAgain(number: number): Promise<Lease | undefined> {
    return this.takeFirst([number])
  }

  async hold(number: number): Promise<Lease> {
    return this.#take(number)
  }

  /** With nothing to be alone by: a pool may come to hold one more than it needs. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return work()
  }

  /** Answers no more. */
  close(): void {
    this.#channel.close()
  }

  #take(number: number): Lease {
    this.#held.add(number)
    // For those who ask just now.
    this.#say({ kind: 'held', numbers: [number] })
    return { number, release: () => void this.#held.delete(number) }
  }

  #hear(message: Message): void {
    if (message.kind === 'held') for (const each of message.numbers) this.#heard?.held.add(each)
    else {
      this.#heard?.wishes.push(message)
      if (this.#held.size > 0) this.#say({ kind: 'held', numbers: [...this.#held] })
    }
  }

  #say(message: Message): void {
    this.#channel.postMessage(message)
  }
}
