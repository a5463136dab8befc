// Holds a tab to what it reported, and to what was sent: peers' rules, with one writer.
import { type Reading, Violation } from '../checker.ts'
import { digitsIn, unitOf } from '../digits.ts'
import type { CountedKey, Increment, Ledger } from '../ledger.ts'
import { Shown } from '../shown.ts'
import type { ShownCounter, TabReport } from './subject.ts'

const toReading = ({ value, ops }: ShownCounter): Reading => ({ value: BigInt(value), ops })

export class Judge {
  readonly #ledger: Ledger
  readonly #shown = new Shown('the tab')
  /** What the page that is open held when it was opened: it may never show less. */
  #held = new Map<CountedKey, bigint>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** @throws {Violation} */
  take(message: TabReport, plan: readonly Increment[]): void {
    if ('error' in message) throw new Violation(`the tab refused an increment: ${message.error}`)
    const counter = this.#ledger.keys.get(message.key)
    if (counter === undefined)
      throw new Violation(`the tab has a key that nobody sent: ${message.key}`)
    const reading = toReading(message)
    if (message.at === undefined) this.#takeShown(counter, reading)
    else this.#takeAnswer(plan[message.at]!, reading)
  }

  /**
   * Counts up a page that was just opened, where nothing is under way: what was not reported has
   * counted by now, or never will.
   *
   * @throws {Violation}
   */
  check(list: readonly ShownCounter[]): void {
    const found = new Map(list.map((counter) => [counter.key, toReading(counter)]))
    for (const counter of this.#ledger.keys.values()) {
      const reading = found.get(counter.key) ?? { value: 0n }
      this.#shown.take(counter, reading, this.#shown.of(counter) | counter.must)
      this.#held.set(counter, this.#shown.of(counter))
      this.#ledger.settle(counter, this.#shown.of(counter))
    }
  }

  /** Calls under way together are answered in any order, so this may show less than an answer before. */
  #takeAnswer(increment: Increment, reading: Reading): void {
    const { counter, digit } = increment
    this.#ledger.acknowledge(increment)
    this.#shown.acknowledged(increment)
    this.#shown.take(counter, reading, (this.#held.get(counter) ?? 0n) | unitOf(digit))
  }

  /** A page shows one value after the other, and each increment in them is as good as acknowledged. */
  #takeShown(counter: CountedKey, reading: Reading): void {
    this.#shown.take(counter, reading, this.#shown.of(counter))
    for (const digit of digitsIn(this.#shown.of(counter)))
      this.#ledger.acknowledge(counter.increments[digit]!)
  }
}
