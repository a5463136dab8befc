// Leases where there are no Web Locks (plain HTTP off this machine): tabs ask each other.
//
// A tab that sleeps does not answer, and its identity may be taken. That is no harm: the store checks
// its own lease in each commit (packages/storage/src/lease.ts), so a tab whose identity was taken can
// write nothing more under it. What is asked here only keeps tabs that are awake from losing theirs.
import type { Lease, Leases } from './leases.ts'

/**
 * Tabs of one browser answer in a few milliseconds, unless they are asleep; but one that starts on a busy
 * machine had no turn for more than 300.
 */
const ANSWER_MS = 1_000
/** A wait that ends this much late tells of a machine on which answers are late, too. */
const LATE_MS = 100
/** Then it is waited again, at most so often. */
const MOST_WAITS = 5

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

/** Until whoever holds one would have answered. */
async function untilAnswered(): Promise<void> {
  for (let waits = 1; waits <= MOST_WAITS; waits++) {
    const began = performance.now()
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS))
    if (performance.now() - began < ANSWER_MS + LATE_MS) return
  }
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
    await untilAnswered()
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
