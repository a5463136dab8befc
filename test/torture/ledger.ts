// What was sent, and what became of it: the truth that peers are held to.
import { DIGITS, unitOf } from './digits.ts'

/** `unanswered`: it was sent, and may have counted or not. `refused`: it was never sent. */
export type Outcome = 'open' | 'acknowledged' | 'unanswered' | 'refused'

export interface Increment {
  readonly counter: CountedKey
  readonly digit: number
  readonly amount: bigint
  readonly requestId: string | undefined
  outcome: Outcome
}

const NAME_SHOWN = 40

/** One key, with amounts of one sign. */
export class CountedKey {
  readonly key: string
  readonly sign: 1n | -1n
  readonly increments: Increment[] = []
  /** Units of what must be in its value wherever all has arrived. */
  must = 0n
  /** Units of what may be in it at all. */
  may = 0n

  constructor(key: string, sign: 1n | -1n) {
    this.key = key
    this.sign = sign
  }

  /** The key as messages show it. */
  get name(): string {
    const { key } = this
    const isLong = key.length > NAME_SHOWN
    return JSON.stringify(
      isLong ? `${key.slice(0, NAME_SHOWN / 2)}…${key.slice(-NAME_SHOWN / 2)}` : key,
    )
  }
}

/** As it was settled. */
export const hasCounted = ({ counter, digit }: Increment): boolean =>
  (counter.must & unitOf(digit)) !== 0n

/** Some that paths, maps and orders find hard; a number is added to each when the one before is full. */
export const NAMES: readonly string[] = [
  'apples',
  'a/b?c#d%e f',
  '🧮',
  '__proto__',
  'k'.repeat(500),
  'é'.repeat(200),
]

export class Ledger {
  readonly keys = new Map<string, CountedKey>()
  readonly #names: readonly string[]
  readonly #signs: readonly (1n | -1n)[]
  readonly #current: CountedKey[]
  readonly #waiting = new Set<{ readonly acknowledged: number; readonly resolve: () => void }>()
  acknowledged = 0
  /** Batches that were sent and not answered, until it is known what became of them. */
  #unansweredBatches: (readonly Increment[])[] = []

  /** @param signs of the amounts of the keys, by turns */
  constructor(names: readonly string[] = NAMES, signs: readonly (1n | -1n)[] = [1n, -1n]) {
    this.#names = names
    this.#signs = signs
    this.#current = names.map((_, at) => this.#next(at, 0))
  }

  /** How many keys there are to choose from. */
  get choices(): number {
    return this.#current.length
  }

  /** The key that this choice stands for now. */
  choose(choice: number): CountedKey {
    return this.#current[choice]!
  }

  /** A new increment, about to be sent. */
  take(choice: number, requestId: string | undefined): Increment {
    const filled = this.#current[choice]!
    const isFull = filled.increments.length === DIGITS
    const counter = isFull ? this.#next(choice, Number(filled.key.split(' ').at(-1)) + 1) : filled
    this.#current[choice] = counter
    const digit = counter.increments.length
    const amount = counter.sign * unitOf(digit)
    const increment: Increment = { counter, digit, amount, requestId, outcome: 'open' }
    counter.increments.push(increment)
    counter.may |= unitOf(digit)
    return increment
  }

  /** Further answers change nothing. */
  acknowledge(increment: Increment): void {
    if (increment.outcome === 'acknowledged') return
    increment.outcome = 'acknowledged'
    increment.counter.must |= unitOf(increment.digit)
    this.acknowledged++
    for (const waiter of this.#waiting) {
      if (waiter.acknowledged > this.acknowledged) continue
      this.#waiting.delete(waiter)
      waiter.resolve()
    }
  }

  refuse(increment: Increment): void {
    increment.outcome = 'refused'
    increment.counter.may &= ~unitOf(increment.digit)
  }

  /** It is sent once more, and may count after all. */
  reopen(increment: Increment): void {
    increment.outcome = 'open'
    increment.counter.may |= unitOf(increment.digit)
  }

  /** The increments of one request that was not answered, and is not sent again. */
  giveUp(increments: readonly Increment[]): void {
    for (const increment of increments) increment.outcome = 'unanswered'
    if (increments.length > 1) this.#unansweredBatches.push(increments)
  }

  /**
   * Nothing is under way, and all peers hold this: what was not answered has counted by now, or never
   * will, since the process that it was sent to is gone.
   */
  settle(counter: CountedKey, magnitude: bigint): void {
    counter.must = magnitude
    counter.may = magnitude
  }

  /** Once all keys are settled: a batch of which some counted and some did not, if there is one. */
  tornBatch(): readonly Increment[] | undefined {
    const batches = this.#unansweredBatches
    this.#unansweredBatches = []
    return batches.find((batch) => new Set(batch.map(hasCounted)).size > 1)
  }

  /** Resolves with the next so many acknowledged increments. */
  untilAcknowledged(more: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add({ acknowledged: this.acknowledged + more, resolve })
    })
  }

  *increments(): Generator<Increment> {
    for (const counter of this.keys.values()) yield* counter.increments
  }

  #next(choice: number, number: number): CountedKey {
    const sign = this.#signs[choice % this.#signs.length]!
    const counter = new CountedKey(`${this.#names[choice]} ${number}`, sign)
    this.keys.set(counter.key, counter)
    return counter
  }
}
