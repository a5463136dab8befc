// What one peer has shown, by key: it may not forget any of it, nor what it acknowledged, come what may.
import { magnitudeOf, problemOf, type Reading, Violation } from './checker.ts'
import { unitOf } from './digits.ts'
import type { CountedKey, Increment } from './ledger.ts'

export class Shown {
  /** Whose it is, for messages. */
  readonly name: string
  readonly #units = new Map<CountedKey, bigint>()

  constructor(name: string) {
    this.name = name
  }

  /** What a read that begins now has to show. */
  of(counter: CountedKey): bigint {
    return this.#units.get(counter) ?? 0n
  }

  acknowledged({ counter, digit }: Increment): void {
    this.#units.set(counter, this.of(counter) | unitOf(digit))
  }

  /**
   * Takes a reading that must hold `must`.
   *
   * @throws {Violation} unless it can be right
   */
  take(counter: CountedKey, reading: Reading, must: bigint): void {
    const problem = problemOf(counter, reading, must)
    if (problem !== undefined) throw new Violation(`${this.name}, key ${counter.name}: ${problem}`)
    this.#units.set(counter, this.of(counter) | magnitudeOf(counter, reading))
  }
}
