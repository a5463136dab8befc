// Where a replica's state lives: slots by row, with the indexes that keep every look-up O(1).
import type { CountedIncrement } from './increment.ts'
import { subtract, toBigInt, type Integer } from './integer.ts'
import type { KeyedDelta, KeyedUnit, WritableDelta } from './delta.ts'
import type { Floor } from './floor.ts'
import type { Remembered } from './floors.ts'
import { KeyTable } from './key-table.ts'
import { MerkleTree } from './merkle-tree.ts'
import { plus, ZERO, type Hash64 } from './murmur.ts'
import { ReplicaTable } from './replica-table.ts'
import { RequestTable } from './request-table.ts'
import { RowIndex } from './row-index.ts'
import { RowUnits } from './row-units.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import { Snapshot, type ReplicaFloor } from './snapshot.ts'
import { hashSlot } from './slot-hash.ts'
import { FIRST, LINK, NONE, OPS, REPLICA, SEQ, SlotRows, TOTAL } from './slot-rows.ts'
import type { Slot, Unit } from './slot.ts'
import type { Holder, KeyedRecord, ValuedState } from './state.ts'

const NO_REQUESTS: readonly RequestRecord[] = []

/** Up to so many slots to be written, an array of them costs least. */
const FEW_UNITS = 16

/**
 * All slots, and what is kept up from them: each key's value and ops, each replica's writes in
 * order, the names of slots, the requests. A write costs O(1), whatever the number of keys.
 */
export class SlotTable implements ValuedState {
  readonly #rows = new SlotRows()
  readonly #keys = new KeyTable(this.#rows)
  readonly #replicas = new ReplicaTable(this.#rows)
  readonly #index = new RowIndex(this.#rows, this.#keys)
  readonly #requests = new RequestTable(this.#rows, this.#keys, this.#replicas)

  /** What all slots come to, kept up as they change. */
  readonly tree: MerkleTree

  constructor() {
    const keys = this.#keys
    this.tree = new MerkleTree({
      get size() {
        return keys.size
      },
      textOf: (key) => keys.textOf(key),
      hashOf: (key, keyHash) => this.#hashOf(key, keyHash),
    })
  }

  #hashOf(key: number, keyHash: Hash64): Hash64 {
    let sum = ZERO
    for (let row = key; row !== NONE; row = this.#rows.next(row)) {
      if (!this.#isShown(row)) continue
      const replica = this.#replicas.hashOf(this.#rows.get(row, REPLICA))
      const requests = this.#requests.hashOf(row)
      sum = plus(sum, hashSlot(keyHash, replica, requests, this.#rows.slot(row)))
    }
    return sum
  }

  // Counters

  /** How many keys there are. */
  get size(): number {
    return this.#keys.size
  }

  get slotCount(): number {
    return this.#rows.length
  }

  value(key: string): Integer {
    return this.#keys.value(this.#keys.find(key))
  }

  ops(key: string): number {
    return this.#keys.ops(this.#keys.find(key))
  }

  // By row: what a draft has looked up once it need not look up again. A row stays what it is.

  /** The row of a slot, or `NONE`. */
  find(replica: string, key: string): number {
    return this.#rowOf(replica, key)
  }

  /** The row of a short name, or `NONE`; also where the name may stand for another. */
  findNamed(replica: string, first: number): number {
    const number = this.#replicas.find(replica)
    return number === NONE ? NONE : this.#replicas.shortNames(number).find(first)
  }

  keyAt(row: number): string {
    return this.#keys.textOf(this.#rows.keyOf(row))
  }

  slotAt(row: number): Slot {
    return this.#rows.slot(row)
  }

  requestsAt(row: number, since: number): readonly RequestRecord[] {
    return this.#requests.since(row, since)
  }

  /** What the key of a row comes to. */
  valueAt(row: number): Integer {
    return this.#keys.value(this.#rows.keyOf(row))
  }

  opsAt(row: number): number {
    return this.#keys.ops(this.#rows.keyOf(row))
  }

  writeAt(row: number, unit: Unit): void {
    this.#put(row, unit.total, unit.ops)
    this.#move(row, this.#rows.get(row, REPLICA), unit)
    this.#requests.replace(row, unit.requests, unit.requestsSince)
    this.tree.mark(this.#rows.keyOf(row))
  }

  keys(): readonly string[] {
    return this.#keys.texts
  }

  keyPage(prefix: string, after: string | undefined, limit: number): string[] {
    return this.#keys.page(prefix, after, limit)
  }

  /** The slots of a key that others may see, with their replicas, in no particular order. */
  *slotsOf(key: string): Generator<Slot & { replica: string }> {
    for (let row = this.#keys.find(key); row !== NONE; row = this.#rows.next(row))
      if (this.#isShown(row)) yield { replica: this.#replicaOf(row), ...this.#rows.slot(row) }
  }

  /** What others may see, as it is now. Costs a copy of the rows, and no walk over slots. */
  snapshot(): Snapshot {
    return new Snapshot({
      keys: this.#keys.texts,
      replicas: this.#replicas.texts,
      rows: this.#rows.copy(),
      requests: this.#requests.copy(),
      hidden: new Set(this.#replicas.hidden()),
      floors: this.floors(),
    })
  }

  // Replicas

  /** Those that others may see. */
  replicas(): readonly string[] {
    return this.#replicas.shown()
  }

  isHidden(replica: string): boolean {
    return this.#replicas.isHidden(this.#replicas.find(replica))
  }

  /** Those that others may not see. */
  hidden(): string[] {
    return [...this.#replicas.hidden()].map((number) => this.#replicas.textOf(number))
  }

  /** Nobody outside sees `replica` from here on. */
  hide(replica: string): void {
    const number = this.#replicas.numberOf(replica)
    if (this.#replicas.hide(number)) this.#markAll(number)
  }

  /** Everyone sees `replica` from here on. */
  reveal(replica: string): void {
    const number = this.#replicas.find(replica)
    if (this.#replicas.reveal(number)) this.#markAll(number)
  }

  /**
   * As if a hidden replica had never been: a store that is loaded anew has nothing of it, either. Its
   * rows stay, empty. A copy of it may turn up elsewhere, and come in like anyone's.
   */
  drop(replica: string): void {
    for (const row of this.#replicas.drop(this.#replicas.numberOf(replica))) {
      this.#requests.replace(row, NO_REQUESTS, 0)
      this.#put(row, 0, 0)
      this.#rows.set(row, SEQ, 0)
    }
    this.#requests.floors.forget(this.#replicas.find(replica))
  }

  #isShown(row: number): boolean {
    return this.#rows.get(row, SEQ) !== 0 && !this.#replicas.isHidden(this.#rows.get(row, REPLICA))
  }

  #markAll(number: number): void {
    for (const row of this.#replicas.order(number).since(0)) this.tree.mark(this.#rows.keyOf(row))
  }

  version(replica: string): number {
    return this.#replicas.version(this.#replicas.find(replica))
  }

  setVersion(replica: string, seq: number): void {
    this.#replicas.setVersion(this.#replicas.numberOf(replica), seq)
  }

  /** A hash of the version vector, whatever the order in which it came about. */
  get versionHash(): Hash64 {
    return this.#replicas.versionHash
  }

  lastSeq(replica: string): number {
    return this.#replicas.lastSeq(this.#replicas.find(replica))
  }

  /** What `replica` wrote with an operation number above `from`, as far as it is held. */
  deltaSince(replica: string, from: number): KeyedDelta {
    const number = this.#replicas.find(replica)
    const units = number === NONE ? [] : this.#unitsSince(number, from)
    return this.#interval(number, replica, from, units)
  }

  /** As `deltaSince`, to be written at once: its units are made on the way, and none is kept. */
  writableSince(replica: string, from: number): WritableDelta {
    const number = this.#replicas.find(replica)
    const rows = number === NONE ? [] : this.#replicas.order(number).since(from)
    const units =
      rows.length > FEW_UNITS
        ? new RowUnits(rows, (row) => this.#unitAt(row, number, from))
        : rows.map((row) => this.#unitAt(row, number, from))
    return this.#interval(number, replica, from, units)
  }

  #interval<Units>(number: number, replica: string, from: number, units: Units) {
    const to = Math.max(from, this.#replicas.version(number))
    const floor = this.#requests.floors.get(number)
    return floor !== undefined && floor.at > from
      ? { replica, from, to, units, floor }
      : { replica, from, to, units }
  }

  #unitsSince(number: number, from: number): KeyedUnit[] {
    const rows = this.#replicas.order(number).since(from)
    return rows.map((row) => this.#unitAt(row, number, from))
  }

  #unitAt(row: number, replica: number, from: number): KeyedUnit {
    const { first, seq, ops, total } = this.#rows.slot(row)
    const key = this.#keys.textOf(this.#rows.keyOf(row))
    const requests = this.#requests.since(row, from)
    const isAmbiguous = this.#replicas.shortNames(replica).isAmbiguous(first)
    return { key, first, seq, ops, total, requests, isAmbiguous }
  }

  // Slots

  slot(replica: string, key: string): Slot | undefined {
    const row = this.#rowOf(replica, key)
    return row === NONE ? undefined : this.#rows.slot(row)
  }

  isAmbiguous(replica: string, first: number): boolean {
    const number = this.#replicas.find(replica)
    return number !== NONE && this.#replicas.shortNames(number).isAmbiguous(first)
  }

  keyNamed(replica: string, first: number): string | undefined {
    const number = this.#replicas.find(replica)
    const row = number === NONE ? NONE : this.#replicas.shortNames(number).find(first)
    if (row === NONE) return undefined
    const key = this.#keys.textOf(this.#rows.keyOf(row))
    this.#index.meet(row, key)
    return key
  }

  /** The number of a replica, or -1. A number stays what it is. */
  numberOf(replica: string): number {
    return this.#replicas.find(replica)
  }

  /**
   * Counts in a slot that is there: `recordIncrement` of nearly all increments, with each name looked up
   * once, and with no object but the answer.
   *
   * @param writer the number of a replica, see `numberOf`
   * @param amount a safe integer
   * @returns undefined, and nothing has changed, for what `recordIncrement` is to see to
   */
  count(writer: number, key: string, amount: number): CountedIncrement | undefined {
    if (writer === NONE) return undefined
    const counted = this.#keys.find(key)
    if (counted === NONE) return undefined
    const page = this.#rows.page(counted)
    const at = this.#rows.start(counted)
    if (page[at + REPLICA] !== writer || page[at + LINK] !== NONE)
      return this.#countAmong(writer, counted, amount)
    const seq = this.#replicas.lastSeq(writer) + 1
    const seqBefore = page[at + SEQ]!
    const total = page[at + TOTAL]! + amount
    const ops = page[at + OPS]! + 1
    // What takes more than 32 bits is for the setters.
    if (seqBefore === 0 || (total | 0) !== total || (seq | 0) !== seq) return undefined
    page[at + TOTAL] = total
    page[at + SEQ] = seq
    page[at + OPS] = ops
    this.#replicas.counted(writer, counted, seq, seqBefore)
    this.tree.mark(counted)
    return {
      value: toBigInt(total),
      ops,
      replica: this.#replicas.textOf(writer),
      seq,
      duplicate: false,
    }
  }

  /** As `count`, where other replicas have counted, too. */
  #countAmong(writer: number, counted: number, amount: number): CountedIncrement | undefined {
    const row = this.#index.at(writer, counted)
    if (row === NONE) return undefined
    const seq = this.#replicas.lastSeq(writer) + 1
    const seqBefore = this.#rows.count(row, amount, seq)
    if (seqBefore === 0) return undefined
    this.#keys.changed(counted, amount, 1)
    this.#replicas.counted(writer, row, seq, seqBefore)
    this.tree.mark(counted)
    return {
      value: toBigInt(this.#keys.value(counted)),
      ops: this.#keys.ops(counted),
      replica: this.#replicas.textOf(writer),
      seq,
      duplicate: false,
    }
  }

  write(replica: string, key: string, unit: Unit): void {
    const writer = this.#replicas.numberOf(replica)
    this.writeAt(this.#index.toWrite(writer, key), unit)
  }

  /**
   * Takes in a slot from a store: `write` of a slot without requests that is not there.
   *
   * @returns false, and changes nothing, where the slot is there
   */
  restoreSlot(replica: string, key: string, slot: Slot): boolean {
    const writer = this.#replicas.numberOf(replica)
    const row = this.#index.toWrite(writer, key)
    if (this.#rows.get(row, FIRST) !== 0) return false
    this.#put(row, slot.total, slot.ops)
    this.#move(row, writer, slot)
    this.tree.mark(this.#rows.keyOf(row))
    return true
  }

  #put(row: number, total: Integer, ops: number): void {
    const totalBefore = this.#rows.total(row)
    const opsBefore = this.#rows.get(row, OPS)
    this.#rows.setTotal(row, total)
    this.#rows.set(row, OPS, ops)
    this.#keys.changed(this.#rows.keyOf(row), subtract(total, totalBefore), ops - opsBefore)
  }

  #move(row: number, writer: number, { first, seq }: Slot): void {
    const before = this.#rows.get(row, FIRST)
    if (before === 0) {
      this.#rows.set(row, FIRST, first)
      this.#replicas.shortNames(writer).add(row)
    } else if (before !== first) this.#replicas.shortNames(writer).rename(row, first)
    // A fork may put another content under the same seq.
    const seqBefore = this.#rows.get(row, SEQ)
    if (seqBefore === seq) return
    this.#rows.set(row, SEQ, seq)
    this.#replicas.order(writer).moved(row, seq, seqBefore)
  }

  #replicaOf(row: number): string {
    return this.#replicas.textOf(this.#rows.get(row, REPLICA))
  }

  #rowOf(replica: string, key: string): number {
    return this.#index.find(this.#replicas.find(replica), key)
  }

  // Requests: see RequestTable

  requests(replica: string, key: string, since = 0): readonly RequestRecord[] {
    return this.#requests.since(this.#rowOf(replica, key), since)
  }

  holders(hash: RequestHash): readonly Holder[] {
    return this.#requests.holders(hash)
  }

  /** Adds a record to a slot that was restored before it. False where the slot is not there. */
  restoreRequest(replica: string, first: number, record: RequestRecord): boolean {
    const number = this.#replicas.find(replica)
    const row = number === NONE ? NONE : this.#replicas.shortNames(number).findAny(first)
    if (row === NONE || record.seq > this.#rows.get(row, SEQ)) return false
    this.#requests.restore(row, record)
    this.tree.mark(this.#rows.keyOf(row))
    return true
  }

  recordsUpTo(replica: string, upTo: number): KeyedRecord[] {
    return this.#requests.upTo(this.#replicas.find(replica), upTo)
  }

  /** A replica's live records from the oldest on; to be read before anything is written. */
  oldestRecords(replica: string): Generator<KeyedRecord, void, undefined> {
    return this.#requests.oldest(this.#replicas.find(replica))
  }

  /** How much of a replica's requests is remembered. O(1). */
  remembered(replica: string): Remembered {
    return this.#requests.floors.remembered(this.#replicas.find(replica))
  }

  floor(replica: string): Floor | undefined {
    return this.#requests.floors.get(this.#replicas.find(replica))
  }

  /** Those that others may see. */
  floors(): ReplicaFloor[] {
    return this.replicas().flatMap((replica) => {
      const floor = this.floor(replica)
      return floor === undefined ? [] : [{ replica, floor }]
    })
  }

  /** What the floors of all replicas come to. */
  get floorHash(): Hash64 {
    return this.#requests.floors.hash
  }

  /** Costs what it drops, and what it keeps. */
  writeFloor(replica: string, floor: Floor): void {
    const number = this.#replicas.numberOf(replica)
    this.#replicas.heard(number, floor.at)
    const cut = this.#requests.cut(number, floor)
    for (const row of cut) this.tree.mark(this.#rows.keyOf(row))
  }
}
