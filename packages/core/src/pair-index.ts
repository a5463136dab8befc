// An index of rows by a pair of numbers, which it reads from the rows: four bytes an entry.

/** The column values that a row is found by. */
export type PairOf = (row: number) => number

/** Open addressing with linear probing, at most two thirds full. Rows are never taken out. */
export class PairIndex {
  readonly #left: PairOf
  readonly #right: PairOf
  /** Row + 1, or 0 where free. */
  #cells = new Uint32Array(16)
  #count = 0

  constructor(left: PairOf, right: PairOf) {
    this.#left = left
    this.#right = right
  }

  /** The row with this pair, or -1. Where several have it, the first that was added. O(1). */
  find(left: number, right: number): number {
    const mask = this.#cells.length - 1
    for (let at = hash(left, right) & mask; ; at = (at + 1) & mask) {
      const row = this.#cells[at]! - 1
      if (row < 0 || (this.#left(row) === left && this.#right(row) === right)) return row
    }
  }

  add(row: number): void {
    if (++this.#count * 3 > this.#cells.length * 2) this.#grow()
    this.#place(row)
  }

  #place(row: number): void {
    const mask = this.#cells.length - 1
    let at = hash(this.#left(row), this.#right(row)) & mask
    while (this.#cells[at] !== 0) at = (at + 1) & mask
    this.#cells[at] = row + 1
  }

  #grow(): void {
    const old = this.#cells
    this.#cells = new Uint32Array(old.length * 2)
    for (const cell of old) if (cell !== 0) this.#place(cell - 1)
  }
}

/** Multiply and fold, so that runs of neighbours spread (Knuth, TAOCP 3, section 6.4). */
const hash = (left: number, right: number): number => {
  let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b) ^ Math.floor(right / 2 ** 32)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 13)
}
