// A draft: changes laid over a slot table, so that they can be stored before they are seen.
import type { Delta } from './delta.ts'
import {
  DraftedReplica,
  type DraftedNumbers,
  type DraftedSlot,
  type WrittenSlot,
} from './drafted-replica.ts'
import { drops, liveUnder, type Floor } from './floor.ts'
import { isRepeated, moveFloor } from './floor-move.ts'
import type { HeldDeltas } from './held-deltas.ts'
import type { KeyedDelta } from './delta.ts'
import { coverIncrements, recordIncrement, type Recorded } from './increment.ts'
import { add, addToTotal, subtract, type Integer } from './integer.ts'
import { joinFloor, joinUnit, type Joined } from './join.ts'
import { LIMITS } from './limits.ts'
import { TallymeshError } from './errors.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import type { Change, Slot, Unit } from './slot.ts'
import { NONE } from './slot-rows.ts'
import type { SlotTable } from './slot-table.ts'
import type { Holder, KeyedRecord, ValuedState } from './state.ts'

/** As whom a replica writes, and which id it has to itself. */
export interface Authorship {
  /** The id that its increments go under. */
  readonly writer: string
  /**
   * The epoch that it goes on under, or will once that is proven: nobody else may write it. It is the
   * writer, but for a provisional one.
   */
  readonly epoch: string
}

/** What increments did since it was begun, to be taken back where one of them can not be. */
interface Undo {
  readonly numbers: DraftedNumbers
  readonly slots: DraftedSlot[]
  /** What each of the slots was before. */
  readonly units: (Unit | undefined)[]
  /** The requests that were recorded. */
  readonly hashes: RequestHash[]
}

/**
 * Reads through to the table, writes to itself. What a caller is told of a draft may be shown once
 * `apply` was called, and `apply` should follow a commit of `changes()`: then nothing is ever shown that
 * a crash could take back, and a refused commit has nothing to undo.
 *
 * One draft at a time: the table must not change between its making and `apply`.
 */
export class Draft implements ValuedState {
  readonly #table: SlotTable
  readonly authorship: Authorship
  readonly #held: HeldDeltas
  readonly #replicas = new Map<string, DraftedReplica>()
  /** The one that was asked for last, since most work is about one replica for a while. */
  #met: DraftedReplica | undefined
  readonly #holders = new Map<RequestHash, Holder[]>()
  readonly #dropped: Change[] = []
  /** Keys of requests that were repeated, and count again. */
  readonly #recounted = new Set<string>()
  #undo: Undo | undefined

  constructor(table: SlotTable, authorship: Authorship, held: HeldDeltas) {
    this.#table = table
    this.authorship = authorship
    this.#held = held
  }

  #of(replica: string): DraftedReplica {
    if (this.#met?.replica === replica) return this.#met
    let drafted = this.#replicas.get(replica)
    if (drafted === undefined) {
      drafted = new DraftedReplica(replica, this.#table)
      this.#replicas.set(replica, drafted)
    }
    return (this.#met = drafted)
  }

  /**
   * Records an increment. Increments go before joins in a draft, so that `value` counts them alone.
   *
   * @throws {TallymeshError} `ERR_TOTAL_LIMIT`, `ERR_REQUEST_CONFLICT`; the draft is as before then.
   */
  increment(key: string, amount: Integer, hash?: RequestHash): Recorded {
    return recordIncrement(this, this.authorship.writer, key, amount, hash)
  }

  /** Does what `work` does of increments, and nothing else; none of them where it throws. */
  whole<T>(work: () => T): T {
    const own = this.#of(this.authorship.writer)
    const undo: Undo = { numbers: own.numbers, slots: [], units: [], hashes: [] }
    this.#undo = undo
    try {
      return work()
    } catch (error) {
      while (undo.slots.length > 0) own.unwrite(undo.slots.pop()!, undo.units.pop())
      for (const hash of undo.hashes) this.#holders.get(hash)!.pop()
      own.backTo(undo.numbers)
      throw error
    } finally {
      this.#undo = undefined
    }
  }

  /** Puts a record beside increments of this draft, see `coverIncrements`. */
  cover(key: string, record: RequestRecord): void {
    coverIncrements(this, this.authorship.writer, key, record)
  }

  /**
   * Makes all that a hidden replica wrote the latest operations of `into`, and drops the hidden one:
   * values stay what they are.
   *
   * @param hidden its whole delta, from 0
   * @throws {TallymeshError} `ERR_TOTAL_LIMIT`; the draft is to be thrown away then
   */
  fold({ replica, units }: KeyedDelta, into: string): void {
    const before = this.lastSeq(into)
    let last = before
    for (const { key, first, seq, ops, total, requests } of units) {
      const slot = this.slot(into, key)
      this.write(into, key, {
        first: slot?.first ?? before + first,
        seq: before + seq,
        ops: (slot?.ops ?? 0) + ops,
        total: addToTotal(slot?.total ?? 0, total),
        requests: requests.map((record) => ({ ...record, seq: before + record.seq })),
        requestsSince: before,
      })
      last = before + seq
      for (const record of requests)
        this.#dropped.push({ kind: 'dropped-request', replica, first, seq: record.seq })
      this.#dropped.push({ kind: 'dropped-slot', replica, first })
    }
    if (last > LIMITS.seq)
      throw new TallymeshError('ERR_TOTAL_LIMIT', `${into} has no operation numbers left`)
    if (this.version(into) === before) this.setVersion(into, last)
    this.drop(replica)
  }

  /** Joins a delta, and those that were held for want of it; notes in `joined` what that did. */
  join(delta: Delta, joined: Joined): void {
    this.#held.join(this, this.authorship.epoch, delta, joined)
  }

  /** Joins a whole unit, wherever it came from; notes in `joined` what that did. */
  joinWhole(replica: string, key: string, unit: Unit, joined: Joined): void {
    joinUnit(this, this.authorship.epoch, replica, key, unit, joined)
  }

  /** Joins a floor that comes alone; notes in `joined` what that did. */
  joinFloor(replica: string, floor: Floor, joined: Joined): void {
    joinFloor(this, this.authorship.epoch, replica, floor, joined)
  }

  /**
   * Drops the writer's own request records up to an operation, see `moveFloor`.
   *
   * @param stays names operations whose records must stay
   * @returns whether there was any to drop
   */
  moveFloor(upTo: number, stays: (seq: number) => boolean): boolean {
    return moveFloor(this, this.authorship.writer, upTo, stays)
  }

  /** The value with this draft's increments. */
  value(key: string): Integer {
    const { row, before, unit } = this.#of(this.authorship.writer).slot(key)
    const value = row === NONE ? this.#table.value(key) : this.#table.valueAt(row)
    return unit === undefined ? value : add(value, subtract(unit.total, before?.total ?? 0))
  }

  /** The ops with this draft's increments. */
  ops(key: string): number {
    const { row, before, unit } = this.#of(this.authorship.writer).slot(key)
    const ops = row === NONE ? this.#table.ops(key) : this.#table.opsAt(row)
    return unit === undefined ? ops : ops + unit.ops - (before?.ops ?? 0)
  }

  get isEmpty(): boolean {
    if (this.#dropped.length > 0) return false
    for (const drafted of this.#replicas.values()) if (!drafted.isEmpty) return false
    return true
  }

  /** What a store has to write for this draft. */
  changes(): Change[] {
    const changes: Change[] = []
    for (const drafted of this.#replicas.values())
      for (const slot of drafted.written()) {
        const { replica } = drafted
        changes.push({ kind: 'slot', replica, key: slot.key, slot: slot.unit })
        const held = this.#heldBy(slot, slot.unit.requestsSince)
        // Most slots have none.
        if (held.length + slot.unit.requests.length > 0)
          changes.push(...requestChanges(replica, slot, held))
      }
    for (const { replica, draftedFloor, dropped } of this.#replicas.values()) {
      if (draftedFloor === undefined) continue
      changes.push({ kind: 'floor', replica, floor: draftedFloor })
      for (const { first, record } of dropped)
        changes.push({ kind: 'dropped-request', replica, first, seq: record.seq })
    }
    for (const { replica, draftedVersion } of this.#replicas.values())
      if (draftedVersion !== undefined)
        changes.push({ kind: 'version', replica, seq: draftedVersion })
    changes.push(...this.#dropped)
    return changes
  }

  /** The records that the table has of a slot. */
  #heldBy({ row }: DraftedSlot, since: number): readonly RequestRecord[] {
    return row === NONE ? NO_REQUESTS : this.#table.requestsAt(row, since)
  }

  /** Keys of which a slot changes, or the value. */
  changedKeys(): Set<string> {
    const keys = new Set(this.#recounted)
    for (const drafted of this.#replicas.values())
      for (const { key } of drafted.written()) keys.add(key)
    return keys
  }

  /** Keys of which no slot need change: requests that had been repeated count again. */
  get recounted(): ReadonlySet<string> {
    return this.#recounted
  }

  /** Puts the draft into the table. It must not be used after. */
  apply(): void {
    const table = this.#table
    for (const { replica, draftedFloor } of this.#replicas.values())
      if (draftedFloor !== undefined) table.writeFloor(replica, draftedFloor)
    for (const drafted of this.#replicas.values())
      for (const { row, key, unit } of drafted.written())
        if (row === NONE) table.write(drafted.replica, key, unit)
        else table.writeAt(row, unit)
    for (const { replica, draftedVersion } of this.#replicas.values())
      if (draftedVersion !== undefined) table.setVersion(replica, draftedVersion)
    for (const change of this.#dropped)
      if (change.kind === 'dropped-replica') table.drop(change.replica)
  }

  // State

  isHidden(replica: string): boolean {
    return this.#table.isHidden(replica)
  }

  drop(replica: string): void {
    this.#dropped.push({ kind: 'dropped-replica', replica })
  }

  version(replica: string): number {
    return this.#of(replica).version
  }

  setVersion(replica: string, seq: number): void {
    this.#of(replica).version = seq
  }

  lastSeq(replica: string): number {
    return this.#of(replica).lastSeq
  }

  slot(replica: string, key: string): Slot | undefined {
    const slot = this.#of(replica).slot(key)
    return slot.unit ?? slot.before
  }

  requests(replica: string, key: string, since = 0): readonly RequestRecord[] {
    const drafted = this.#of(replica)
    const slot = drafted.slot(key)
    const held = liveUnder(drafted.draftedFloor, this.#heldBy(slot, since))
    const { unit } = slot
    if (unit === undefined) return held
    return [
      ...held.filter(({ seq }) => seq <= unit.requestsSince),
      ...liveUnder(drafted.draftedFloor, unit.requests).filter(({ seq }) => seq > since),
    ]
  }

  isAmbiguous(replica: string, first: number): boolean {
    return this.#of(replica).isAmbiguous(first)
  }

  keyNamed(replica: string, first: number): string | undefined {
    return this.#of(replica).keyNamed(first)
  }

  holders(hash: RequestHash): readonly Holder[] {
    return [...this.#table.holders(hash), ...(this.#holders.get(hash) ?? [])].filter((holder) =>
      this.#isLive(holder),
    )
  }

  #isLive({ replica, key, record }: Holder): boolean {
    const drafted = this.#replicas.get(replica)
    if (drafted === undefined) return true
    if (drops(drafted.draftedFloor, record.seq)) return false
    const unit = drafted.known(key)?.unit
    return unit === undefined || record.seq <= unit.requestsSince || unit.requests.includes(record)
  }

  floor(replica: string): Floor | undefined {
    return this.#of(replica).floor
  }

  recordsUpTo(replica: string, upTo: number): KeyedRecord[] {
    const drafted = this.#of(replica)
    const records = this.#table.recordsUpTo(replica, upTo).filter(({ key, record }) => {
      const unit = drafted.known(key)?.unit
      return unit === undefined || record.seq <= unit.requestsSince
    })
    for (const { key, unit } of drafted.written())
      for (const record of unit.requests)
        if (record.seq <= upTo) records.push({ key, first: unit.first, record })
    return records
      .filter(({ record }) => !drops(drafted.draftedFloor, record.seq))
      .sort((a, b) => a.record.seq - b.record.seq)
  }

  writeFloor(replica: string, floor: Floor): void {
    const dropped = this.#table
      .recordsUpTo(replica, floor.upTo)
      .filter(({ record }) => drops(floor, record.seq))
    // What counted once for a repetition counts again.
    for (const one of dropped) if (isRepeated(this, one)) this.#recounted.add(one.key)
    this.#of(replica).moveFloor(floor, dropped)
  }

  write(replica: string, key: string, unit: Unit): void {
    const drafted = this.#of(replica)
    const slot = drafted.slot(key)
    this.#undo?.slots.push(slot)
    this.#undo?.units.push(slot.unit)
    drafted.write(slot, unit)
    for (const record of unit.requests) this.#hold({ replica, key, record })
  }

  #hold(holder: Holder): void {
    const { hash } = holder.record
    this.#undo?.hashes.push(hash)
    const holders = this.#holders.get(hash)
    if (holders === undefined) this.#holders.set(hash, [holder])
    else holders.push(holder)
  }
}

const NO_REQUESTS: readonly RequestRecord[] = []

/** Only what differs: a hot key may have many records, and a join brings most of them again. */
function* requestChanges(
  replica: string,
  { before, unit }: WrittenSlot,
  held: readonly RequestRecord[],
): Generator<Change> {
  const { first } = unit
  // A fork may have given the slot another short name, by which all its records go then.
  const name = before?.first ?? first
  const dropped = new Map(held.map((record) => [record.seq, record]))
  const put: RequestRecord[] = []
  for (const record of unit.requests) {
    const known = dropped.get(record.seq)
    dropped.delete(record.seq)
    if (name !== first || known === undefined || !isSame(known, record)) put.push(record)
  }
  for (const seq of dropped.keys()) yield { kind: 'dropped-request', replica, first: name, seq }
  for (const record of put) yield { kind: 'request', replica, first, record }
}

const isSame = (a: RequestRecord, b: RequestRecord): boolean =>
  a.hash === b.hash && a.amount === b.amount && a.ops === b.ops
