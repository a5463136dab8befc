// The slots of many rows, to be written: each is made when it is asked for, and none is kept.
import type { KeyedUnit, KeyedUnits } from './delta.ts'

/** An array of 100,000 of them is 10 MB, which the collector would move while the next are made. */
export class RowUnits implements KeyedUnits {
  readonly #rows: readonly number[]
  readonly #unitAt: (row: number) => KeyedUnit

  constructor(rows: readonly number[], unitAt: (row: number) => KeyedUnit) {
    this.#rows = rows
    this.#unitAt = unitAt
  }

  get length(): number {
    return this.#rows.length
  }

  at(place: number): KeyedUnit | undefined {
    const row = this.#rows.at(place)
    return row === undefined ? undefined : this.#unitAt(row)
  }
}
