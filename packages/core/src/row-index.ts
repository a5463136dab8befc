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
  /** The slot that was looked up last and is not there, while none was added: as a rule, it is written next. */
  #missedKey: string | undefined
  #missedReplica = NONE
  /** The number of its key, or -1. */
  #missedNumber = NONE
  /** Whether it may have to be found by the index, once it is there. */
  #missedInCrowd = false
  /** How many slots the last look in vain went through. */
  #looked = 0

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
    const row = number === NONE ? NONE : this.at(replica, number)
    if (row === NONE) this.#miss(replica, key, number)
    else this.meet(row, key)
    return row
  }

  /** As `find`, by the number of the key. */
  at(replica: number, key: number): number {
    // The first row has the key's number.
    let row = key
    let looked = 0
    for (; looked < FEW_SLOTS && row !== NONE; looked++) {
      if (this.#rows.get(row, REPLICA) === replica) return row
      row = this.#rows.next(row)
    }
    this.#looked = looked
    return row === NONE ? NONE : this.#crowded.find(replica, key)
  }

  /** As `find`, but that there is an empty row then where there was none. */
  toWrite(replica: number, key: string): number {
    if (this.#isMet(replica, key)) return this.#met
    const isMissed = key === this.#missedKey && replica === this.#missedReplica
    const row = isMissed ? NONE : this.find(replica, key)
    return row === NONE ? this.#addMissed() : row
  }

  /** This row is about to be looked up. */
  meet(row: number, key: string): void {
    this.#met = row
    this.#metKey = key
  }

  #isMet(replica: number, key: string): boolean {
    return key === this.#metKey && this.#rows.get(this.#met, REPLICA) === replica
  }

  #miss(replica: number, key: string, number: number): void {
    this.#missedReplica = replica
    this.#missedKey = key
    this.#missedNumber = number
    this.#missedInCrowd = this.#looked >= FEW_SLOTS
  }

  #addMissed(): number {
    const [replica, key, number] = [this.#missedReplica, this.#missedKey!, this.#missedNumber]
    this.#missedKey = undefined
    if (number === NONE) return this.#keys.add(key, replica)
    const row = this.#keys.addRow(number, replica)
    if (this.#missedInCrowd) this.#noteCrowd(number, row)
    return row
  }

  /** The first slot that is too many for looking through them brings the others into the index. */
  #noteCrowd(key: number, added: number): void {
    const others: number[] = []
    for (let row = key; row !== NONE && others.length <= FEW_SLOTS; row = this.#rows.next(row))
      if (row !== added) others.push(row)
    if (others.length === FEW_SLOTS) for (const other of others) this.#crowded.add(other)
    this.#crowded.add(added)
  }
}
