// Where a replica's state lives: slots by row, with the indexes that keep every look-up O(1).
import { CrowdedRows } from './crowded-rows.ts'
import type { CountedIncrement } from './increment.ts'
import { subtract, toBigInt, type Integer } from './integer.ts'
import type { KeyedDelta, KeyedUnit } from './delta.ts'
import type { Floor } from './floor.ts'
import type { Remembered } from './floors.ts'
import { KeyTable } from './key-table.ts'
import { MerkleTree } from './merkle-tree.ts'
import { plus, ZERO, type Hash64 } from './murmur.ts'
import { ReplicaTable } from './replica-table.ts'
import { RequestTable } from './request-table.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import { Snapshot, type ReplicaFloor } from './snapshot.ts'
import { hashSlot } from './slot-hash.ts'
import { FIRST, KEY, NEXT, NONE, OPS, REPLICA, SEQ, SlotRows } from './slot-rows.ts'
import type { Slot, Unit } from './slot.ts'
import type { Holder, KeyedRecord, ValuedState } from './state.ts'

const NO_REQUESTS: readonly RequestRecord[] = []
/** Up to so many slots of a key, looking through them costs no more than an index would. */
const FEW_SLOTS = 8

/**
 * All slots, and what is kept up from them: each key's value and ops, each replica's writes in
 * order, the names of slots, the requests. A write costs O(1), whatever the number of keys.
 */
export class SlotTable implements ValuedState {
  readonly #rows = new SlotRows()
  readonly #keys = new KeyTable(this.#rows)
  readonly #replicas = new ReplicaTable(this.#rows)
  readonly #crowded = new CrowdedRows(this.#rows)

  readonly #requests = new RequestTable(this.#rows, this.#keys, this.#replicas)

  /** The row that was looked up last, and its key: a join looks it up to name it, to read it and to write it. */
  #met = NONE
  #metKey: string | undefined
  /** The key that was looked up last and not found: it is about to be written. */
  #missed: string | undefined

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
    for (let row = this.#keys.head(key); row !== NONE; row = this.#rows.get(row, NEXT)) {
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
    return this.#keys.textOf(this.#keyOf(row))
  }

  slotAt(row: number): Slot {
    return this.#rows.slot(row)
  }

  requestsAt(row: number, since: number): readonly RequestRecord[] {
    return this.#requests.since(row, since)
  }

  /** What the key of a row comes to. */
  valueAt(row: number): Integer {
    return this.#keys.value(this.#keyOf(row))
  }

  opsAt(row: number): number {
    return this.#keys.ops(this.#keyOf(row))
  }

  writeAt(row: number, unit: Unit): void {
    this.#put(row, unit.total, unit.ops)
    this.#move(row, this.#rows.get(row, REPLICA), unit)
    this.#requests.replace(row, unit.requests, unit.requestsSince)
    this.tree.mark(this.#keyOf(row))
  }

  keys(): readonly string[] {
    return this.#keys.texts
  }

  keyPage(prefix: string, after: string | undefined, limit: number): string[] {
    return this.#keys.page(prefix, after, limit)
  }

  /** The slots of a key that others may see, with their replicas, in no particular order. */
  *slotsOf(key: string): Generator<Slot & { replica: string }> {
    const number = this.#keys.find(key)
    if (number === NONE) return
    for (let row = this.#keys.head(number); row !== NONE; row = this.#rows.get(row, NEXT))
      if (this.#isShown(row)) yield { replica: this.#replicaOf(row), ...this.#rows.slot(row) }
  }

  /** What others may see, as it is now. Costs a copy of the rows, and no walk over slots. */
  snapshot(): Snapshot {
    return new Snapshot({
      keys: this.#keys.texts,
      replicas: this.#replicas.texts,
      heads: this.#keys.heads(),
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
    for (const row of this.#replicas.order(number).since(0)) this.tree.mark(this.#keyOf(row))
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
    return this.#lastSeq(this.#replicas.find(replica))
  }

  #lastSeq(replica: number): number {
    return Math.max(this.#replicas.lastSeq(replica), this.#requests.floors.get(replica)?.at ?? 0)
  }

  /** What `replica` wrote with an operation number above `from`, as far as it is held. */
  deltaSince(replica: string, from: number): KeyedDelta {
    const number = this.#replicas.find(replica)
    const rows = number === NONE ? [] : this.#replicas.order(number).since(from)
    const units = rows.map((row) => this.#unitAt(row, from))
    const to = Math.max(from, this.#replicas.version(number))
    const floor = this.#requests.floors.get(number)
    return floor !== undefined && floor.at > from
      ? { replica, from, to, units, floor }
      : { replica, from, to, units }
  }

  #unitAt(row: number, from: number): KeyedUnit {
    const first = this.#rows.get(row, FIRST)
    const names = this.#replicas.shortNames(this.#rows.get(row, REPLICA))
    return {
      key: this.#keys.textOf(this.#keyOf(row)),
      first,
      seq: this.#rows.get(row, SEQ),
      ops: this.#rows.get(row, OPS),
      total: this.#rows.total(row),
      requests: this.#requests.since(row, from),
      isAmbiguous: names.isAmbiguous(first),
    }
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
    const key = this.#keys.textOf(this.#keyOf(row))
    this.#meet(row, key)
    return key
  }

  /**
   * Counts in a slot that is there: `recordIncrement` of nearly all increments, with each name looked up
   * once, and without objects.
   *
   * @param amount a safe integer
   * @returns undefined, and nothing has changed, for what `recordIncrement` is to see to
   */
  count(replica: string, key: string, amount: number): CountedIncrement | undefined {
    const writer = this.#replicas.find(replica)
    const counted = this.#keys.find(key)
    if (writer === NONE || counted === NONE) return undefined
    const row = this.#rowAt(writer, counted)
    if (row === NONE || this.#rows.get(row, SEQ) === 0) return undefined
    const before = this.#lastSeq(writer)
    const seq = before + 1
    if (!this.#rows.count(row, amount, seq)) return undefined
    this.#keys.changed(counted, amount, 1)
    this.#replicas.order(writer).moved(row, seq)
    // Where slots of one's own came back without all that was before them, a gap stays a gap.
    if (this.#replicas.version(writer) === before) this.#replicas.setVersion(writer, seq)
    this.tree.mark(counted)
    const value = toBigInt(this.#keys.value(counted))
    return { value, ops: this.#keys.ops(counted), replica, seq, duplicate: false }
  }

  write(replica: string, key: string, unit: Unit): void {
    const writer = this.#replicas.numberOf(replica)
    this.writeAt(this.#rowToWrite(writer, key), unit)
  }

  /**
   * Takes in a slot from a store: `write` of a slot without requests that is not there.
   *
   * @returns false, and changes nothing, where the slot is there
   */
  restoreSlot(replica: string, key: string, slot: Slot): boolean {
    const writer = this.#replicas.numberOf(replica)
    const row = this.#rowToWrite(writer, key)
    if (this.#rows.get(row, FIRST) !== 0) return false
    this.#put(row, slot.total, slot.ops)
    this.#move(row, writer, slot)
    this.tree.mark(this.#keyOf(row))
    return true
  }

  #put(row: number, total: Integer, ops: number): void {
    const totalBefore = this.#rows.total(row)
    const opsBefore = this.#rows.get(row, OPS)
    this.#rows.setTotal(row, total)
    this.#rows.set(row, OPS, ops)
    this.#keys.changed(this.#keyOf(row), subtract(total, totalBefore), ops - opsBefore)
  }

  #move(row: number, writer: number, { first, seq }: Slot): void {
    const before = this.#rows.get(row, FIRST)
    if (before === 0) {
      this.#rows.set(row, FIRST, first)
      this.#replicas.shortNames(writer).add(row)
    } else if (before !== first) this.#replicas.shortNames(writer).rename(row, first)
    // A fork may put another content under the same seq.
    if (this.#rows.get(row, SEQ) === seq) return
    this.#rows.set(row, SEQ, seq)
    this.#replicas.order(writer).moved(row, seq)
  }

  #keyOf(row: number): number {
    return this.#rows.get(row, KEY)
  }

  #replicaOf(row: number): string {
    return this.#replicas.textOf(this.#rows.get(row, REPLICA))
  }

  #rowOf(replica: string, key: string): number {
    const writer = this.#replicas.find(replica)
    if (writer === NONE) return NONE
    if (key === this.#metKey && this.#rows.get(this.#met, REPLICA) === writer) return this.#met
    const number = this.#keys.find(key)
    if (number === NONE) this.#missed = key
    const row = number === NONE ? NONE : this.#rowAt(writer, number)
    return row === NONE ? NONE : this.#meet(row, key)
  }

  #meet(row: number, key: string): number {
    this.#met = row
    this.#metKey = key
    return row
  }

  #rowAt(writer: number, key: number): number {
    let row = this.#keys.head(key)
    for (let looked = 0; looked < FEW_SLOTS && row !== NONE; looked++) {
      if (this.#rows.get(row, REPLICA) === writer) return row
      row = this.#rows.get(row, NEXT)
    }
    return row === NONE ? NONE : this.#crowded.find(writer, key)
  }

  #rowToWrite(writer: number, key: string): number {
    if (key === this.#metKey && this.#rows.get(this.#met, REPLICA) === writer) return this.#met
    const known = key === this.#missed ? NONE : this.#keys.find(key)
    if (known !== NONE) {
      const row = this.#rowAt(writer, known)
      return row === NONE ? this.#addRow(writer, known) : row
    }
    this.#missed = undefined
    return this.#addRow(writer, this.#keys.add(key))
  }

  #addRow(writer: number, key: number): number {
    const head = this.#keys.head(key)
    const row = this.#rows.add(key, writer, head)
    this.#keys.link(key, row)
    this.#noteCrowd(row)
    return row
  }

  /** The first slot that is too many for looking through them brings the others into the index. */
  #noteCrowd(added: number): void {
    const others: number[] = []
    let row = this.#rows.get(added, NEXT)
    for (; row !== NONE && others.length <= FEW_SLOTS; row = this.#rows.get(row, NEXT))
      others.push(row)
    if (others.length < FEW_SLOTS) return
    if (others.length === FEW_SLOTS) for (const other of others) this.#crowded.add(other)
    this.#crowded.add(added)
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
    this.tree.mark(this.#keyOf(row))
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
    const cut = this.#requests.cut(this.#replicas.numberOf(replica), floor)
    for (const row of cut) this.tree.mark(this.#keyOf(row))
  }
}
