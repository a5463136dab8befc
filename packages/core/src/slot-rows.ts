// Slots as rows of numbers, in pages of typed arrays: one takes 28 bytes, side by side, and no object.
import type { Integer } from './integer.ts'
import type { Slot } from './slot.ts'

/** No row, and no key. */
export const NONE = -1

// The fields of a row; `total` has a setter of its own.

/** The number of its key. */
export const KEY = 0
/** The number of its replica. */
export const REPLICA = 1
/** The next row of the same key. */
export const NEXT = 2
export const FIRST = 3
/** 0 in a row that holds nothing. */
export const SEQ = 4
export const OPS = 5
const TOTAL = 6
const FIELDS = 7

type Field = typeof KEY | typeof REPLICA | typeof NEXT | typeof FIRST | typeof SEQ | typeof OPS

/** Four bytes a number; eight in a page where one does not fit into 32 bits. */
type Page = Int32Array | Float64Array

/** Pages, so that growing copies nothing and leaves little unused. */
const PAGE_BITS = 12
const PAGE_ROWS = 1 << PAGE_BITS
/** The first page begins with so many rows: most tables are small. */
const FEW_ROWS = 16

/** Rows are never taken out. Nothing here costs more than O(1), but for `copy` and `sort`. */
export class SlotRows {
  #pages: Page[] = [new Int32Array(FEW_ROWS * FIELDS)]
  #length = 0
  /** Totals past what is safe as a number; NaN stands in their place. */
  #large = new Map<number, bigint>()

  get length(): number {
    return this.#length
  }

  get(row: number, field: Field): number {
    return this.#pages[row >>> PAGE_BITS]![(row & (PAGE_ROWS - 1)) * FIELDS + field]!
  }

  set(row: number, field: Field, value: number): void {
    this.#put(row, field, value)
  }

  total(row: number): Integer {
    const total = this.#pages[row >>> PAGE_BITS]![(row & (PAGE_ROWS - 1)) * FIELDS + TOTAL]!
    return Number.isNaN(total) ? this.#large.get(row)! : total
  }

  setTotal(row: number, total: Integer): void {
    if (typeof total === 'number') {
      if (this.#large.size > 0) this.#large.delete(row)
      this.#put(row, TOTAL, total)
    } else {
      this.#large.set(row, total)
      this.#put(row, TOTAL, Number.NaN)
    }
  }

  /**
   * One more increment, at `seq`. False, and nothing has changed, where it takes more than 32 bits: that is
   * for the setters.
   */
  count(row: number, amount: number, seq: number): boolean {
    const page = this.#pages[row >>> PAGE_BITS]!
    const at = (row & (PAGE_ROWS - 1)) * FIELDS
    const total = page[at + TOTAL]! + amount
    if ((total | 0) !== total || (seq | 0) !== seq) return false
    page[at + TOTAL] = total
    page[at + SEQ] = seq
    page[at + OPS] = page[at + OPS]! + 1
    return true
  }

  /** A row with nothing in it yet. */
  add(key: number, replica: number, next: number): number {
    const row = this.#length++
    this.#makeRoom(row)
    this.#put(row, KEY, key)
    this.#put(row, REPLICA, replica)
    this.#put(row, NEXT, next)
    return row
  }

  slot(row: number): Slot {
    return {
      first: this.get(row, FIRST),
      seq: this.get(row, SEQ),
      ops: this.get(row, OPS),
      total: this.total(row),
    }
  }

  /** All rows as they are now. */
  copy(): SlotRows {
    const copy = new SlotRows()
    copy.#pages = this.#pages.map((page) => page.slice())
    copy.#length = this.#length
    copy.#large = new Map(this.#large)
    return copy
  }

  /** These rows in ascending order of a field. */
  sort(rows: readonly number[], field: Field): number[] {
    const values = Float64Array.from(rows, (row) => this.get(row, field))
    const most = values.reduce((a, b) => Math.max(a, b), 0)
    // As plain numbers, several times faster than by a function: the value above, the place below.
    if (!Number.isSafeInteger((most + 1) * rows.length))
      return rows.toSorted((a, b) => this.get(a, field) - this.get(b, field))
    for (let i = 0; i < rows.length; i++) values[i] = values[i]! * rows.length + i
    return Array.from(values.sort(), (value) => rows[value % rows.length]!)
  }

  #put(row: number, field: number, value: number): void {
    const number = row >>> PAGE_BITS
    const page = this.#pages[number]!
    const at = (row & (PAGE_ROWS - 1)) * FIELDS + field
    if ((value | 0) === value || page instanceof Float64Array) page[at] = value
    else (this.#pages[number] = Float64Array.from(page))[at] = value
  }

  #makeRoom(row: number): void {
    const page = this.#pages[row >>> PAGE_BITS]
    if (page === undefined) this.#pages.push(new Int32Array(PAGE_ROWS * FIELDS))
    else if ((row & (PAGE_ROWS - 1)) * FIELDS >= page.length) {
      const grown = new (page instanceof Int32Array ? Int32Array : Float64Array)(2 * page.length)
      grown.set(page)
      this.#pages[row >>> PAGE_BITS] = grown
    }
  }
}
