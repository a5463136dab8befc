// Which row has a replica's slot of a key.
import { CrowdedRows } from './crowded-rows.ts'
import type { KeyTable } from './key-table.ts'
import { NONE, REPLICA, type SlotRows } from './slot-rows.ts'

/** Up to so many slots of a key, looking through them costs no more than an index would. */
const FEW_SLOTS = 8

/** Every look-up is O(1). */
export class RowIndex {
  readonly #rows: SlotRows
  readonly #keys: KeyTable
  readonly #crowded: CrowdedRows
  /** The row that was looked up last, and its key: a join looks it up to name it, to read it and to write it. */
  #met = NONE
  #metKey: string | undefined
  /** The key that was looked up last and not found: it is about to be written. */
  #missed: string | undefined

  constructor(rows: SlotRows, keys: KeyTable) {
    this.#rows = rows
    this.#keys = keys
    this.#crowded = new CrowdedRows(rows)
  }

  /** The row of a replica's slot of a key, or -1. */
  find(replica: number, key: string): number {
    if (replica === NONE) return NONE
    if (this.#isMet(replica, key)) return this.#met
    const number = this.#keys.find(key)
    if (number === NONE) this.#missed = key
    const row = number === NONE ? NONE : this.at(replica, number)
    if (row !== NONE) this.meet(row, key)
    return row
  }

  /** As `find`, by the number of the key. */
  at(replica: number, key: number): number {
    // The first row has the key's number.
    let row = key
    for (let looked = 0; looked < FEW_SLOTS && row !== NONE; looked++) {
      if (this.#rows.get(row, REPLICA) === replica) return row
      row = this.#rows.next(row)
    }
    return row === NONE ? NONE : this.#crowded.find(replica, key)
  }

  /** As `find`, but that there is an empty row then where there was none. */
  toWrite(replica: number, key: string): number {
    if (this.#isMet(replica, key)) return this.#met
    const known = key === this.#missed ? NONE : this.#keys.find(key)
    if (known === NONE) {
      this.#missed = undefined
      return this.#keys.add(key, replica)
    }
    const row = this.at(replica, known)
    return row === NONE ? this.#add(replica, known) : row
  }

  /** This row is about to be looked up. */
  meet(row: number, key: string): void {
    this.#met = row
    this.#metKey = key
  }

  #isMet(replica: number, key: string): boolean {
    return key === this.#metKey && this.#rows.get(this.#met, REPLICA) === replica
  }

  #add(replica: number, key: number): number {
    const row = this.#keys.addRow(key, replica)
    this.#noteCrowd(key, row)
    return row
  }

  /** The first slot that is too many for looking through them brings the others into the index. */
  #noteCrowd(key: number, added: number): void {
    let count = 0
    for (let row = key; row !== NONE && count <= FEW_SLOTS; row = this.#rows.next(row)) count++
    if (count <= FEW_SLOTS) return
    const others: number[] = []
    for (let row = key; row !== NONE && others.length <= FEW_SLOTS; row = this.#rows.next(row))
      if (row !== added) others.push(row)
    if (others.length === FEW_SLOTS) for (const other of others) this.#crowded.add(other)
    this.#crowded.add(added)
  }
}
