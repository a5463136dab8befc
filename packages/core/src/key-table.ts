// Keys: their numbers, the rows of each, and what those come to.
import { Int32List } from './int32-list.ts'
import { add, type Integer } from './integer.ts'
import { KeyOrder } from './key-order.ts'
import { Names } from './names.ts'
import { NONE, OPS, type SlotRows } from './slot-rows.ts'

/** A head below this one is the place of a sum. */
const FIRST_SUM = -2

/**
 * A key of one slot is worth what that slot is, and takes nothing but the slot's row. One of several has
 * a sum, kept up at each write: a read must not depend on how many replicas there are.
 */
export class KeyTable {
  readonly #rows: SlotRows
  readonly #names = new Names()
  readonly #order = new KeyOrder(this.#names.texts)
  /** The first row of each key, or where its sum is. */
  readonly #heads = new Int32List()
  readonly #sumHeads: number[] = []
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

  add(text: string): number {
    const key = this.#names.add(text)
    this.#heads.push(NONE)
    return key
  }

  /** Keys in order, see `KeyOrder`. */
  page(prefix: string, after: string | undefined, limit: number): string[] {
    return this.#order.page(prefix, after, limit)
  }

  /** The first row of a key, from which `NEXT` leads to the others. */
  head(key: number): number {
    const head = this.#heads.get(key)
    return head > FIRST_SUM ? head : this.#sumHeads[FIRST_SUM - head]!
  }

  /** The first row of each key as it is now. */
  heads(): Int32Array {
    return Int32Array.from({ length: this.size }, (_, key) => this.head(key))
  }

  value(key: number): Integer {
    if (key === NONE) return 0
    const head = this.#heads.get(key)
    if (head === NONE) return 0
    return head > FIRST_SUM ? this.#rows.total(head) : this.#sumValues[FIRST_SUM - head]!
  }

  ops(key: number): number {
    if (key === NONE) return 0
    const head = this.#heads.get(key)
    if (head === NONE) return 0
    return head > FIRST_SUM ? this.#rows.get(head, OPS) : this.#sumOps[FIRST_SUM - head]!
  }

  /** Puts an empty row before the others of its key. */
  link(key: number, row: number): void {
    const head = this.#heads.get(key)
    if (head === NONE) this.#heads.set(key, row)
    else this.#sumHeads[this.#sumOf(key)] = row
  }

  /** A row of the key has changed by so much, and is as it is now. */
  changed(key: number, value: Integer, ops: number): void {
    const head = this.#heads.get(key)
    if (head > FIRST_SUM) return
    this.#addTo(FIRST_SUM - head, value, ops)
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
    const head = this.#heads.get(key)
    if (head <= FIRST_SUM) return FIRST_SUM - head
    this.#sumValues.push(this.value(key))
    this.#sumOps.push(this.ops(key))
    const sum = this.#sumHeads.push(head) - 1
    this.#heads.set(key, FIRST_SUM - sum)
    return sum
  }
}
