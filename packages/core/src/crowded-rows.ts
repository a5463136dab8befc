// The rows of keys that many replicas touch, by replica and key: four bytes an entry, and no object.
import { NONE, REPLICA, type SlotRows } from './slot-rows.ts'

/** Open addressing with linear probing, at most two thirds full. Rows are never taken out. */
export class CrowdedRows {
  readonly #rows: SlotRows
  /** Row + 1, or 0 where free. */
  #cells = new Int32Array(16)
  #count = 0

  constructor(rows: SlotRows) {
    this.#rows = rows
  }

  /** The row of a replica's slot of a key, or -1. O(1). */
  find(replica: number, key: number): number {
    const mask = this.#cells.length - 1
    for (let at = hash(replica, key) & mask; ; at = (at + 1) & mask) {
      const row = this.#cells[at]! - 1
      if (row === NONE) return NONE
      if (this.#rows.keyOf(row) === key && this.#rows.get(row, REPLICA) === replica) return row
    }
  }

  add(row: number): void {
    if (++this.#count * 3 > this.#cells.length * 2) this.#grow()
    this.#place(row)
  }

  #place(row: number): void {
    const mask = this.#cells.length - 1
    let at = hash(this.#rows.get(row, REPLICA), this.#rows.keyOf(row)) & mask
    while (this.#cells[at] !== 0) at = (at + 1) & mask
    this.#cells[at] = row + 1
  }

  #grow(): void {
    const old = this.#cells
    this.#cells = new Int32Array(old.length * 2)
    for (const cell of old) if (cell !== 0) this.#place(cell - 1)
  }
}

/** Multiply and fold, so that runs of neighbours spread (Knuth, TAOCP 3, section 6.4). */
const hash = (replica: number, key: number): number => {
  let h = Math.imul(replica, 0x9e3779b1) ^ Math.imul(key, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return h ^ (h >>> 13)
}
