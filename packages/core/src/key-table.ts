// Keys: their numbers, and what the rows of each come to.
import { add, type Integer } from './integer.ts'
import { KeyOrder } from './key-order.ts'
import { Names } from './names.ts'
import { LINK, NONE, OPS, TOTAL, type SlotRows } from './slot-rows.ts'

/**
 * A key of one slot is worth what that slot is, and takes nothing but the slot's row. One of several has
 * a sum, kept up at each write: a read must not depend on how many replicas there are.
 */
export class KeyTable {
  readonly #rows: SlotRows
  readonly #names = new Names()
  readonly #order = new KeyOrder(this.#names.texts)
  readonly #sumValues: Integer[] = []
  readonly #sumOps: number[] = []

  constructor(rows: SlotRows) {
    this.#rows = rows
  }

  get size(): number {
    return this.#names.texts.length
  }

  get texts(): readonly string[] {
    return this.#names.texts
  }

  textOf(key: number): string {
    return this.#names.texts[key]!
  }

  /** The number of `text`, or -1. */
  find(text: string): number {
    return this.#names.find(text)
  }

  /** A new key, with an empty row for one replica. Returns its number, which is that of the row. */
  add(text: string, replica: number): number {
    this.#names.add(text)
    return this.#rows.addKey(replica)
  }

  /** An empty row for one more replica. */
  addRow(key: number, replica: number): number {
    this.#sumOf(key)
    return this.#rows.addTo(key, replica)
  }

  /** Keys in order, see `KeyOrder`. */
  page(prefix: string, after: string | undefined, limit: number): string[] {
    return this.#order.page(prefix, after, limit)
  }

  value(key: number): Integer {
    if (key === NONE) return 0
    const page = this.#rows.page(key)
    const at = this.#rows.start(key)
    const total = page[at + TOTAL]!
    if (page[at + LINK] !== NONE) return this.#sumValues[page[at + LINK]!]!
    return Number.isNaN(total) ? this.#rows.total(key) : total
  }

  ops(key: number): number {
    if (key === NONE) return 0
    const page = this.#rows.page(key)
    const at = this.#rows.start(key)
    return page[at + LINK] === NONE ? page[at + OPS]! : this.#sumOps[page[at + LINK]!]!
  }

  /** A row of the key has changed by so much, and is as it is now. */
  changed(key: number, value: Integer, ops: number): void {
    const sum = this.#rows.sum(key)
    if (sum !== NONE) this.#addTo(sum, value, ops)
  }

  /** Beside what the rows hold: requests that are known to be counted twice. */
  correct(key: number, value: Integer, ops: number): void {
    this.#addTo(this.#sumOf(key), value, ops)
  }

  #addTo(sum: number, value: Integer, ops: number): void {
    this.#sumValues[sum] = add(this.#sumValues[sum]!, value)
    this.#sumOps[sum]! += ops
  }

  #sumOf(key: number): number {
    const known = this.#rows.sum(key)
    if (known !== NONE) return known
    this.#sumValues.push(this.#rows.total(key))
    this.#sumOps.push(this.#rows.get(key, OPS))
    return this.#rows.addSum(key)
  }
}
