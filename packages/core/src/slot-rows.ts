// Slots as rows of numbers: a key of one slot takes 24 bytes, and no object.
import type { Integer } from './integer.ts'
import { NumberRows, type Page } from './number-rows.ts'
import type { Slot } from './slot.ts'

/** No row, no key, and no sum. */
export const NONE = -1

// The fields of a row; `total` has a setter of its own.

/** The number of its replica. */
export const REPLICA = 0
export const FIRST = 1
/** 0 in a row that holds nothing. */
export const SEQ = 2
export const OPS = 3
export const TOTAL = 4
/** Of a key's first row: the number of the key's sum. Of another: the next row of the key. */
export const LINK = 5
/** The number of its key, which only rows past a key's first have to be told. */
const KEY = 6

type Field = typeof REPLICA | typeof FIRST | typeof SEQ | typeof OPS

/** Rows past the first of their keys have the numbers from here downwards. */
const FIRST_FURTHER = -2

/**
 * The first row of each key has the key's own number: nothing need say which row it is, and a look-up
 * misses the caches once less. The other rows of keys are elsewhere, linked one to the next. Rows are never
 * taken out. Nothing here costs more than O(1), but for `copy` and `sort`.
 */
export class SlotRows {
  #heads = new NumberRows(LINK + 1)
  #further = new NumberRows(KEY + 1)
  /** The second row of each key that has a sum. */
  #seconds: number[] = []
  /** Totals past what is safe as a number; NaN stands in their place. */
  #large = new Map<number, bigint>()

  get length(): number {
    return this.#heads.length + this.#further.length
  }

  /** How many keys have a row. */
  get keys(): number {
    return this.#heads.length
  }

  get(row: number, field: Field): number {
    return this.#get(row, field)
  }

  set(row: number, field: Field, value: number): void {
    this.#set(row, field, value)
  }

  keyOf(row: number): number {
    return row >= 0 ? row : this.#further.get(FIRST_FURTHER - row, KEY)
  }

  total(row: number): Integer {
    const total = this.#get(row, TOTAL)
    return Number.isNaN(total) ? this.#large.get(row)! : total
  }

  setTotal(row: number, total: Integer): void {
    if (typeof total === 'number') {
      if (this.#large.size > 0) this.#large.delete(row)
      this.#set(row, TOTAL, total)
    } else {
      this.#large.set(row, total)
      this.#set(row, TOTAL, Number.NaN)
    }
  }

  /** The page of a key's first row. */
  page(key: number): Page {
    return this.#heads.page(key)
  }

  /** Where a key's first row starts in its page. */
  start(key: number): number {
    return this.#heads.start(key)
  }

  /**
   * One more increment, at `seq`. Returns the seq that the row had; or 0, and nothing has changed, where it
   * held nothing, or where it takes more than 32 bits: that is for the setters.
   */
  count(row: number, amount: number, seq: number): number {
    const rows = row >= 0 ? this.#heads : this.#further
    const place = row >= 0 ? row : FIRST_FURTHER - row
    const page = rows.page(place)
    const at = rows.start(place)
    const before = page[at + SEQ]!
    const total = page[at + TOTAL]! + amount
    if (before === 0 || (total | 0) !== total || (seq | 0) !== seq) return 0
    page[at + TOTAL] = total
    page[at + SEQ] = seq
    page[at + OPS] = page[at + OPS]! + 1
    return before
  }

  /** The first row of the next key, with nothing in it yet. */
  addKey(replica: number): number {
    const row = this.#heads.add()
    this.#heads.set(row, REPLICA, replica)
    this.#heads.set(row, LINK, NONE)
    return row
  }

  /** Another row of a key that has a sum, with nothing in it yet. */
  addTo(key: number, replica: number): number {
    const place = this.#further.add()
    const row = FIRST_FURTHER - place
    const sum = this.sum(key)
    this.#further.set(place, REPLICA, replica)
    this.#further.set(place, KEY, key)
    this.#further.set(place, LINK, this.#seconds[sum]!)
    this.#seconds[sum] = row
    return row
  }

  /** The next row of the same key, or -1. The first has the key's number. */
  next(row: number): number {
    const link = this.#get(row, LINK)
    return row < 0 || link === NONE ? link : this.#seconds[link]!
  }

  /** The number of a key's sum, or -1. */
  sum(key: number): number {
    return this.#heads.get(key, LINK)
  }

  /** Gives a sum to a key that has none. They are numbered from 0. */
  addSum(key: number): number {
    const sum = this.#seconds.push(NONE) - 1
    this.#heads.set(key, LINK, sum)
    return sum
  }

  slot(row: number): Slot {
    const rows = row >= 0 ? this.#heads : this.#further
    const place = row >= 0 ? row : FIRST_FURTHER - row
    const page = rows.page(place)
    const at = rows.start(place)
    const total = page[at + TOTAL]!
    return {
      first: page[at + FIRST]!,
      seq: page[at + SEQ]!,
      ops: page[at + OPS]!,
      total: Number.isNaN(total) ? this.#large.get(row)! : total,
    }
  }

  /** All rows as they are now. */
  copy(): SlotRows {
    const copy = new SlotRows()
    copy.#heads = this.#heads.copy()
    copy.#further = this.#further.copy()
    copy.#seconds = this.#seconds.slice()
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

  #get(row: number, field: number): number {
    return row >= 0 ? this.#heads.get(row, field) : this.#further.get(FIRST_FURTHER - row, field)
  }

  #set(row: number, field: number, value: number): void {
    if (row >= 0) this.#heads.set(row, field, value)
    else this.#further.set(FIRST_FURTHER - row, field, value)
  }
}
