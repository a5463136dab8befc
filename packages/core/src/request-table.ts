// The request records of slots by row: found by request, cut by floors, and counted once where they repeat.
import { drops, type Floor } from './floor.ts'
import { Floors } from './floors.ts'
import { negate } from './integer.ts'
import type { KeyTable } from './key-table.ts'
import { minus, plus, ZERO, type Hash64 } from './murmur.ts'
import type { ReplicaTable } from './replica-table.ts'
import { RequestIndex } from './request-index.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import { hashRequest } from './slot-hash.ts'
import { FIRST, REPLICA, type SlotRows } from './slot-rows.ts'
import type { Holder, KeyedRecord } from './state.ts'

const NO_REQUESTS: readonly RequestRecord[] = []

/** Costs nothing to slots without records. */
export class RequestTable {
  readonly #rows: SlotRows
  readonly #keys: KeyTable
  readonly #replicas: ReplicaTable
  readonly #records = new Map<number, RequestRecord[]>()
  /** Rows whose records a store has handed in, in whatever order it has them. */
  readonly #unsorted = new Set<number>()
  readonly #byRequest = new RequestIndex()
  /** The sum of the hashes of each row's records, for the rows that have any. */
  readonly #hashes = new Map<number, Hash64>()
  /** The floors of all replicas, and their records in order. */
  readonly floors: Floors = new Floors(({ row, seq }) => this.#recordAt(row, seq) !== undefined)

  constructor(rows: SlotRows, keys: KeyTable, replicas: ReplicaTable) {
    this.#rows = rows
    this.#keys = keys
    this.#replicas = replicas
  }

  /** The sum of the hashes of a row's records. */
  hashOf(row: number): Hash64 {
    return this.#hashes.get(row) ?? ZERO
  }

  /** All records by row, each row's in order of seq. */
  copy(): Map<number, readonly RequestRecord[]> {
    return new Map([...this.#records.keys()].map((row) => [row, this.#recordsOf(row)!.slice()]))
  }

  /** A row's records above a seq, in order; none where there is no row. */
  since(row: number, from: number): readonly RequestRecord[] {
    const records = this.#recordsOf(row)
    if (records === undefined) return NO_REQUESTS
    let start = records.length
    while (start > 0 && records[start - 1]!.seq > from) start--
    return records.slice(start)
  }

  holders(hash: RequestHash): Holder[] {
    return this.#byRequest.placed(hash).map(({ row, key, record }) => ({
      replica: this.#replicas.textOf(this.#rows.get(row, REPLICA)),
      key: this.#keys.textOf(key),
      record,
    }))
  }

  /** The records of a replica up to a seq, in order. */
  upTo(replica: number, upTo: number): KeyedRecord[] {
    return this.floors.upTo(replica, upTo).map(({ row, seq }) => this.#keyed(row, seq))
  }

  *oldest(replica: number): Generator<KeyedRecord, void, undefined> {
    for (const { row, seq } of this.floors.oldest(replica)) yield this.#keyed(row, seq)
  }

  /** Adds a record in whatever order. */
  restore(row: number, record: RequestRecord): void {
    this.#add(row, record)
    this.#unsorted.add(row)
  }

  /** Puts records in place of those of a row above a seq. */
  replace(row: number, requests: readonly RequestRecord[], since: number): void {
    const records = this.#recordsOf(row)
    if (records !== undefined)
      while (records.length > 0 && records.at(-1)!.seq > since) this.#forget(row, records.pop()!)
    for (const record of requests) this.#add(row, record)
  }

  /** Puts a floor under a replica's records. Returns the rows that it took any from. */
  cut(replica: number, floor: Floor): Set<number> {
    this.floors.set(replica, this.#replicas.hashOf(replica), floor)
    const rows = new Set(this.floors.upTo(replica, floor.upTo).map(({ row }) => row))
    for (const row of rows) this.#cutRow(row, floor)
    this.floors.settled(replica)
    return rows
  }

  #cutRow(row: number, floor: Floor): void {
    const records = this.#recordsOf(row)!
    const end = records.findIndex(({ seq }) => seq > floor.upTo)
    const kept: RequestRecord[] = []
    for (const record of records.splice(0, end === -1 ? records.length : end))
      if (drops(floor, record.seq)) this.#forget(row, record)
      else kept.push(record)
    if (kept.length > 0) this.#records.set(row, [...kept, ...records])
    else if (records.length === 0) {
      this.#records.delete(row)
      this.#hashes.delete(row)
    }
  }

  #keyed(row: number, seq: number): KeyedRecord {
    const key = this.#keys.textOf(this.#rows.keyOf(row))
    return { key, first: this.#rows.get(row, FIRST), record: this.#recordAt(row, seq)! }
  }

  #recordAt(row: number, seq: number): RequestRecord | undefined {
    const records = this.#recordsOf(row)
    if (records === undefined) return undefined
    let low = 0
    let high = records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (records[middle]!.seq < seq) low = middle + 1
      else high = middle
    }
    return records[low]?.seq === seq ? records[low] : undefined
  }

  /** A row's records in order of seq, to be changed in place. */
  #recordsOf(row: number): RequestRecord[] | undefined {
    if (this.#records.size === 0) return undefined
    const records = this.#records.get(row)
    if (this.#unsorted.delete(row)) records?.sort((a, b) => a.seq - b.seq)
    return records
  }

  /** Of n records of the same increment, all but one are taken off the value: see `#forget`. */
  #add(row: number, record: RequestRecord): void {
    const records = this.#records.get(row) ?? []
    this.#records.set(row, records)
    records.push(record)
    this.#hashes.set(row, plus(this.hashOf(row), hashRequest(record)))
    this.floors.added(this.#rows.get(row, REPLICA), row, record)
    const key = this.#rows.keyOf(row)
    if (this.#byRequest.add({ row, key, record }))
      this.#keys.correct(key, negate(record.amount), -record.ops)
  }

  /**
   * Which of n stays (the one of the smallest replica id) makes no difference to the sum, since their
   * amounts are equal.
   */
  #forget(row: number, record: RequestRecord): void {
    this.#hashes.set(row, minus(this.hashOf(row), hashRequest(record)))
    this.floors.removed(this.#rows.get(row, REPLICA), record)
    const key = this.#rows.keyOf(row)
    if (this.#byRequest.remove({ row, key, record }))
      this.#keys.correct(key, record.amount, record.ops)
  }
}
