// Where a replica's state lives: slots by row, in columns, with the indexes that keep every look-up O(1).
import { add, negate, subtract, type Integer } from './integer.ts'
import type { KeyedDelta } from './delta.ts'
import { drops, type Floor } from './floor.ts'
import { Floors, type Remembered } from './floors.ts'
import { KeyOrder } from './key-order.ts'
import { MerkleTree } from './merkle-tree.ts'
import { minus, plus, ZERO, type Hash64 } from './murmur.ts'
import { PairIndex } from './pair-index.ts'
import { RequestIndex } from './request-index.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import { SeqLog } from './seq-log.ts'
import { Snapshot, type ReplicaFloor } from './snapshot.ts'
import { hashRequest, hashSlot, hashText, hashVersion } from './slot-hash.ts'
import type { Slot, Unit } from './slot.ts'
import type { Holder, KeyedRecord, ValuedState } from './state.ts'

const NONE = -1
const NO_REQUESTS: readonly RequestRecord[] = []
/** What stands in place of a slot's requests when they are dropped. */
const NOTHING = { requests: NO_REQUESTS, requestsSince: 0 }

/** Strings as small numbers, in the order in which they were met. */
class Names {
  readonly texts: string[] = []
  readonly #numbers = new Map<string, number>()

  /** The number of `text`, or -1. */
  find(text: string): number {
    return this.#numbers.get(text) ?? NONE
  }

  add(text: string): number {
    const number = this.texts.push(text) - 1
    this.#numbers.set(text, number)
    return number
  }
}

/**
 * All slots, and what is kept up from them: each key's value and ops, each replica's writes in
 * order, the names of slots, the requests. A write costs O(1), whatever the number of keys.
 */
export class SlotTable implements ValuedState {
  // A column for each field of a slot; a row for each slot. Plain arrays: of small integers, the
  // engine keeps eight bytes an element, and widens the one column that needs more.
  readonly #key: number[] = []
  readonly #replica: number[] = []
  readonly #first: number[] = []
  readonly #seq: number[] = []
  readonly #ops: number[] = []
  readonly #total: Integer[] = []
  /** The next slot of the same key. */
  readonly #next: number[] = []
  readonly #requests = new Map<number, RequestRecord[]>()
  /** Rows whose records a store has handed in, in whatever order it has them. */
  readonly #unsorted = new Set<number>()

  readonly #keys = new Names()
  readonly #keyOrder = new KeyOrder()
  readonly #keyHead: number[] = []
  readonly #keyValue: Integer[] = []
  readonly #keyOps: number[] = []

  readonly #replicas = new Names()
  readonly #replicaHashes: Hash64[] = []
  readonly #versions: number[] = []
  #versionHash: Hash64 = ZERO
  /** Epochs that nobody outside sees: they count, and are in no version, tree or encoding. */
  readonly #hidden = new Set<number>()
  readonly #logs: SeqLog[] = []

  readonly #bySlot = new PairIndex(
    (row) => this.#replica[row]!,
    (row) => this.#key[row]!,
  )
  readonly #byName = new PairIndex(
    (row) => this.#replica[row]!,
    (row) => this.#first[row]!,
  )
  readonly #byRequest = new RequestIndex()
  /** The sum of the hashes of each row's records, for the rows that have any. */
  readonly #requestHashes = new Map<number, Hash64>()
  /** The floors of all replicas, and their records in order. */
  readonly #floors = new Floors(({ row, seq }) => this.#recordAt(row, seq) !== undefined)
  /** Short names that may stand for two keys, which only a replica id used twice can bring about. */
  readonly #ambiguous = new Set<string>()

  /** What all slots come to, kept up as they change. */
  readonly tree: MerkleTree

  constructor() {
    const textOf = (key: number): string => this.#keys.texts[key]!
    const size = (): number => this.size
    this.tree = new MerkleTree({
      get size() {
        return size()
      },
      textOf,
      hashOf: (key, keyHash) => this.#hashOf(key, keyHash),
    })
  }

  #hashOf(key: number, keyHash: Hash64): Hash64 {
    let sum = ZERO
    for (let row = this.#keyHead[key]!; row !== NONE; row = this.#next[row]!) {
      if (!this.#isShown(row)) continue
      const replica = this.#replicaHashes[this.#replica[row]!]!
      const requests = this.#requestHashes.get(row) ?? ZERO
      sum = plus(sum, hashSlot(keyHash, replica, requests, this.#slotAt(row)))
    }
    return sum
  }

  // Counters

  /** How many keys there are. */
  get size(): number {
    return this.#keys.texts.length
  }

  get slotCount(): number {
    return this.#key.length
  }

  value(key: string): Integer {
    return this.#keyValue[this.#keys.find(key)] ?? 0
  }

  ops(key: string): number {
    return this.#keyOps[this.#keys.find(key)] ?? 0
  }

  keys(): readonly string[] {
    return this.#keys.texts
  }

  keyPage(prefix: string, after: string | undefined, limit: number): string[] {
    return this.#keyOrder.page(prefix, after, limit)
  }

  /** The slots of a key that others may see, with their replicas, in no particular order. */
  *slotsOf(key: string): Generator<Slot & { replica: string }> {
    for (
      let row = this.#keyHead[this.#keys.find(key)] ?? NONE;
      row !== NONE;
      row = this.#next[row]!
    )
      if (this.#isShown(row))
        yield { replica: this.#replicas.texts[this.#replica[row]!]!, ...this.#slotAt(row) }
  }

  /** What others may see, as it is now. Costs a copy of the columns that change, and no walk over slots. */
  snapshot(): Snapshot {
    const requests = [...this.#requests.keys()].map(
      (row) => [row, this.#recordsOf(row)!.slice()] as const,
    )
    return new Snapshot({
      keys: this.#keys.texts,
      replicas: this.#replicas.texts,
      heads: this.#keyHead.slice(),
      next: this.#next,
      replica: this.#replica,
      first: this.#first.slice(),
      seq: this.#seq.slice(),
      ops: this.#ops.slice(),
      total: this.#total.slice(),
      requests: new Map(requests),
      hidden: new Set(this.#hidden),
      floors: this.floors(),
    })
  }

  // Replicas

  /** Those that others may see. */
  replicas(): readonly string[] {
    const { texts } = this.#replicas
    return this.#hidden.size === 0 ? texts : texts.filter((_, number) => !this.#hidden.has(number))
  }

  isHidden(replica: string): boolean {
    return this.#hidden.size > 0 && this.#hidden.has(this.#replicas.find(replica))
  }

  /** Those that others may not see. */
  hidden(): string[] {
    return [...this.#hidden].map((number) => this.#replicas.texts[number]!)
  }

  /** Nobody outside sees `replica` from here on. */
  hide(replica: string): void {
    const number = this.#replicaNumber(replica)
    if (this.#hidden.has(number)) return
    this.#countVersion(number, minus)
    this.#hidden.add(number)
    this.#markAll(number)
  }

  /** Everyone sees `replica` from here on. */
  reveal(replica: string): void {
    const number = this.#replicas.find(replica)
    if (!this.#hidden.delete(number)) return
    this.#countVersion(number, plus)
    this.#markAll(number)
  }

  /**
   * As if a hidden replica had never been: a store that is loaded anew has nothing of it, either. Its
   * rows stay, empty. A copy of it may turn up elsewhere, and come in like anyone's.
   */
  drop(replica: string): void {
    const number = this.#replicaNumber(replica)
    for (const row of this.#logs[number]!.since(0)) {
      this.#replaceRequests(row, NOTHING)
      this.#addToKey(this.#key[row]!, negate(this.#total[row]!), -this.#ops[row]!)
      this.#total[row] = 0
      this.#ops[row] = 0
      this.#seq[row] = 0
    }
    this.#logs[number] = this.#newLog()
    this.#floors.forget(number)
    this.#versions[number] = 0
    this.#hidden.delete(number)
  }

  #isShown(row: number): boolean {
    if (this.#seq[row] === 0) return false
    return this.#hidden.size === 0 || !this.#hidden.has(this.#replica[row]!)
  }

  #markAll(number: number): void {
    for (const row of this.#logs[number]!.since(0)) this.tree.mark(this.#key[row]!)
  }

  /** Takes a replica into the hash of the version vector, or out of it. */
  #countVersion(number: number, into: typeof plus): void {
    const seq = this.#versions[number]!
    if (seq === 0) return
    const hash = hashVersion(this.#replicaHashes[number]!, seq)
    this.#versionHash = into(this.#versionHash, hash)
  }

  version(replica: string): number {
    return this.#versions[this.#replicas.find(replica)] ?? 0
  }

  setVersion(replica: string, seq: number): void {
    const number = this.#replicaNumber(replica)
    const isHidden = this.#hidden.has(number)
    if (!isHidden) this.#countVersion(number, minus)
    this.#versions[number] = seq
    if (!isHidden) this.#countVersion(number, plus)
  }

  /** A hash of the version vector, whatever the order in which it came about. O(1). */
  get versionHash(): Hash64 {
    return this.#versionHash
  }

  lastSeq(replica: string): number {
    const number = this.#replicas.find(replica)
    if (number === NONE) return 0
    const moved = this.#floors.get(number)?.at ?? 0
    return Math.max(this.#versions[number]!, this.#logs[number]!.last, moved)
  }

  /** What `replica` wrote with an operation number above `from`, as far as it is held. */
  deltaSince(replica: string, from: number): KeyedDelta {
    const rows = this.#logs[this.#replicas.find(replica)]?.since(from) ?? []
    const units = rows.map((row) => ({
      key: this.#keys.texts[this.#key[row]!]!,
      ...this.#slotAt(row),
      requests: this.#requestsSince(row, from),
      isAmbiguous: this.#isAmbiguous(this.#replica[row]!, this.#first[row]!),
    }))
    const delta = { replica, from, to: Math.max(from, this.version(replica)), units }
    const floor = this.floor(replica)
    return floor !== undefined && floor.at > from ? { ...delta, floor } : delta
  }

  #newLog(): SeqLog {
    return new SeqLog((row) => this.#seq[row]!)
  }

  #replicaNumber(replica: string): number {
    const known = this.#replicas.find(replica)
    if (known !== NONE) return known
    this.#versions.push(0)
    this.#replicaHashes.push(hashText(replica))
    this.#logs.push(this.#newLog())
    return this.#replicas.add(replica)
  }

  // Slots

  slot(replica: string, key: string): Slot | undefined {
    const row = this.#rowOf(replica, key)
    return row === NONE ? undefined : this.#slotAt(row)
  }

  isAmbiguous(replica: string, first: number): boolean {
    return this.#isAmbiguous(this.#replicas.find(replica), first)
  }

  #isAmbiguous(replica: number, first: number): boolean {
    return this.#ambiguous.size > 0 && this.#ambiguous.has(`${replica}/${first}`)
  }

  keyNamed(replica: string, first: number): string | undefined {
    const number = this.#replicas.find(replica)
    if (number === NONE || this.#isAmbiguous(number, first)) return undefined
    const row = this.#byName.find(number, first)
    return row === NONE ? undefined : this.#keys.texts[this.#key[row]!]
  }

  write(replica: string, key: string, unit: Unit): void {
    const replicaNumber = this.#replicaNumber(replica)
    const keyNumber = this.#keyNumber(key)
    const found = this.#bySlot.find(replicaNumber, keyNumber)
    const row = found === NONE ? this.#addRow(replicaNumber, keyNumber) : found
    const isNew = this.#seq[row] === 0
    this.#addToKey(keyNumber, subtract(unit.total, this.#total[row]!), unit.ops - this.#ops[row]!)
    this.#total[row] = unit.total
    this.#ops[row] = unit.ops
    if (this.#first[row] !== unit.first) this.#name(row, unit.first)
    // A fork may put another content under the same seq.
    const moved = this.#seq[row] !== unit.seq
    this.#seq[row] = unit.seq
    // A row that was emptied is new to the log, too.
    if (moved) this.#logs[replicaNumber]!.add(unit.seq, row, isNew)
    this.#replaceRequests(row, unit)
    this.tree.mark(keyNumber)
  }

  /**
   * Takes in a slot from a store: `write` of a slot without requests that is not there, with each name
   * looked up once.
   *
   * @returns false, and changes nothing, where the slot is there
   */
  restoreSlot(replica: string, key: string, slot: Slot): boolean {
    const replicaNumber = this.#replicaNumber(replica)
    const keyNumber = this.#keyNumber(key)
    if (this.#bySlot.find(replicaNumber, keyNumber) !== NONE) return false
    const row = this.#addRow(replicaNumber, keyNumber)
    this.#addToKey(keyNumber, slot.total, slot.ops)
    this.#total[row] = slot.total
    this.#ops[row] = slot.ops
    this.#name(row, slot.first)
    this.#seq[row] = slot.seq
    this.#logs[replicaNumber]!.add(slot.seq, row, true)
    this.tree.mark(keyNumber)
    return true
  }

  #slotAt(row: number): Slot {
    return {
      first: this.#first[row]!,
      seq: this.#seq[row]!,
      ops: this.#ops[row]!,
      total: this.#total[row]!,
    }
  }

  #rowOf(replica: string, key: string): number {
    const replicaNumber = this.#replicas.find(replica)
    const keyNumber = this.#keys.find(key)
    if (replicaNumber === NONE || keyNumber === NONE) return NONE
    return this.#bySlot.find(replicaNumber, keyNumber)
  }

  #keyNumber(key: string): number {
    const known = this.#keys.find(key)
    if (known !== NONE) return known
    this.#keyHead.push(NONE)
    this.#keyValue.push(0)
    this.#keyOps.push(0)
    this.#keyOrder.add(key)
    return this.#keys.add(key)
  }

  #addRow(replica: number, key: number): number {
    const row = this.#key.push(key) - 1
    this.#replica.push(replica)
    this.#first.push(0)
    this.#seq.push(0)
    this.#ops.push(0)
    this.#total.push(0)
    this.#next.push(this.#keyHead[key]!)
    this.#keyHead[key] = row
    this.#bySlot.add(row)
    return row
  }

  #name(row: number, first: number): void {
    const replica = this.#replica[row]!
    const before = this.#first[row]!
    const named = this.#byName.find(replica, first)
    this.#first[row] = first
    if (named === NONE) this.#byName.add(row)
    else this.#ambiguous.add(`${replica}/${first}`)
    if (before === 0) return
    // Two writers began this slot, and either may have begun another at the other's number.
    this.#ambiguous.add(`${replica}/${before}`)
    this.#ambiguous.add(`${replica}/${first}`)
  }

  #addToKey(key: number, amount: Integer, ops: number): void {
    this.#keyValue[key] = add(this.#keyValue[key]!, amount)
    this.#keyOps[key] = this.#keyOps[key]! + ops
  }

  // Requests

  requests(replica: string, key: string, since = 0): readonly RequestRecord[] {
    return this.#requestsSince(this.#rowOf(replica, key), since)
  }

  holders(hash: RequestHash): readonly Holder[] {
    return this.#byRequest.placed(hash).map(({ row, key, record }) => ({
      replica: this.#replicas.texts[this.#replica[row]!]!,
      key: this.#keys.texts[key]!,
      record,
    }))
  }

  /** Adds a record to a slot that was restored before it. False where the slot is not there. */
  restoreRequest(replica: string, first: number, record: RequestRecord): boolean {
    const row = this.#byName.find(this.#replicas.find(replica), first)
    if (row === NONE || record.seq > this.#seq[row]!) return false
    this.#addRequest(row, record)
    this.#unsorted.add(row)
    this.tree.mark(this.#key[row]!)
    return true
  }

  #requestsSince(row: number, from: number): readonly RequestRecord[] {
    const records = this.#recordsOf(row)
    if (records === undefined) return NO_REQUESTS
    let start = records.length
    while (start > 0 && records[start - 1]!.seq > from) start--
    return records.slice(start)
  }

  // Floors

  floor(replica: string): Floor | undefined {
    return this.#floors.get(this.#replicas.find(replica))
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
    return this.#floors.hash
  }

  /** How much of a replica's requests is remembered. O(1). */
  remembered(replica: string): Remembered {
    return this.#floors.remembered(this.#replicas.find(replica))
  }

  recordsUpTo(replica: string, upTo: number): KeyedRecord[] {
    const queued = this.#floors.upTo(this.#replicas.find(replica), upTo)
    return queued.map(({ row, seq }) => this.#keyedRecord(row, seq))
  }

  /** A replica's live records from the oldest on; to be read before anything is written. */
  *oldestRecords(replica: string): Generator<KeyedRecord, void, undefined> {
    for (const { row, seq } of this.#floors.oldest(this.#replicas.find(replica)))
      yield this.#keyedRecord(row, seq)
  }

  /** Costs what it drops, and what it keeps. */
  writeFloor(replica: string, floor: Floor): void {
    const number = this.#replicaNumber(replica)
    this.#floors.set(number, this.#replicaHashes[number]!, floor)
    const rows = new Set(this.#floors.upTo(number, floor.upTo).map(({ row }) => row))
    for (const row of rows) this.#cutRequests(row, floor)
    this.#floors.settled(number)
  }

  #cutRequests(row: number, floor: Floor): void {
    const records = this.#recordsOf(row)!
    const end = records.findIndex(({ seq }) => seq > floor.upTo)
    const kept: RequestRecord[] = []
    for (const record of records.splice(0, end === -1 ? records.length : end))
      if (drops(floor, record.seq)) this.#forgetRequest(row, record)
      else kept.push(record)
    if (kept.length > 0) this.#requests.set(row, [...kept, ...records])
    else if (records.length === 0) {
      this.#requests.delete(row)
      this.#requestHashes.delete(row)
    }
    this.tree.mark(this.#key[row]!)
  }

  #keyedRecord(row: number, seq: number): KeyedRecord {
    const record = this.#recordAt(row, seq)!
    return { key: this.#keys.texts[this.#key[row]!]!, first: this.#first[row]!, record }
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

  /** A slot's records in order of seq, to be changed in place. */
  #recordsOf(row: number): RequestRecord[] | undefined {
    const records = this.#requests.get(row)
    if (this.#unsorted.delete(row)) records?.sort((a, b) => a.seq - b.seq)
    return records
  }

  #replaceRequests(row: number, unit: Pick<Unit, 'requests' | 'requestsSince'>): void {
    const records = this.#recordsOf(row)
    if (records !== undefined)
      while (records.length > 0 && records.at(-1)!.seq > unit.requestsSince)
        this.#forgetRequest(row, records.pop()!)
    for (const record of unit.requests) this.#addRequest(row, record)
  }

  /** Of n records of the same increment, all but one are taken off the value: see `forgetRequest`. */
  #addRequest(row: number, record: RequestRecord): void {
    const records = this.#requests.get(row) ?? []
    this.#requests.set(row, records)
    records.push(record)
    this.#requestHashes.set(row, plus(this.#requestHashes.get(row) ?? ZERO, hashRequest(record)))
    this.#floors.added(this.#replica[row]!, row, record)
    const key = this.#key[row]!
    if (this.#byRequest.add({ row, key, record }))
      this.#addToKey(key, negate(record.amount), -record.ops)
  }

  /**
   * Which of n stays (the one of the smallest replica id) makes no difference to the sum, since their
   * amounts are equal.
   */
  #forgetRequest(row: number, record: RequestRecord): void {
    this.#requestHashes.set(row, minus(this.#requestHashes.get(row)!, hashRequest(record)))
    this.#floors.removed(this.#replica[row]!, record)
    const key = this.#key[row]!
    if (this.#byRequest.remove({ row, key, record })) this.#addToKey(key, record.amount, record.ops)
  }
}
