// A draft: changes laid over a slot table, so that they can be stored before they are seen.
import type { Delta } from './delta.ts'
import { drops, liveUnder, type Floor } from './floor.ts'
import { isRepeated, moveFloor } from './floor-move.ts'
import type { HeldDeltas } from './held-deltas.ts'
import type { KeyedDelta } from './delta.ts'
import { coverIncrements, recordIncrement, type Recorded } from './increment.ts'
import { add, addToTotal, negate, subtract, type Integer } from './integer.ts'
import { joinFloor, joinUnit, type Joined } from './join.ts'
import { LIMITS } from './limits.ts'
import { TallymeshError } from './errors.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import type { Change, Slot, Unit } from './slot.ts'
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

interface Written {
  readonly replica: string
  readonly key: string
  readonly unit: Unit
}

/** A floor, and the records of what the draft is laid over that it drops. */
interface Moved {
  readonly floor: Floor
  readonly dropped: readonly KeyedRecord[]
}

/**
 * Reads through to the table (or to another draft), writes to itself. What a caller is told of a
 * draft may be shown once `apply` was called, and `apply` should follow a commit of `changes()`: then
 * nothing is ever shown that a crash could take back, and a refused commit has nothing to undo.
 *
 * One draft at a time: the table must not change between its making and `apply`.
 */
export class Draft implements ValuedState {
  readonly #table: ValuedState
  readonly authorship: Authorship
  readonly #held: HeldDeltas
  readonly #written = new Map<string, Map<string, Written>>()
  /** What was written, once it was asked for and nothing was written since. */
  #inOrder: readonly Written[] | undefined
  readonly #keyed = new Map<string, { value: Integer; ops: number }>()
  readonly #names = new Map<string, string>()
  readonly #ambiguous = new Set<string>()
  readonly #versions = new Map<string, number>()
  readonly #lastSeqs = new Map<string, number>()
  readonly #holders = new Map<RequestHash, Holder[]>()
  readonly #dropped: Change[] = []
  readonly #floors = new Map<string, Moved>()

  constructor(table: ValuedState, authorship: Authorship, held: HeldDeltas) {
    this.#table = table
    this.authorship = authorship
    this.#held = held
  }

  /**
   * Records an increment. Increments go before joins in a draft, so that `value` counts them alone.
   *
   * @throws {TallymeshError} `ERR_TOTAL_LIMIT`, `ERR_REQUEST_CONFLICT`; the draft is as before then.
   */
  increment(key: string, amount: Integer, hash?: RequestHash): Recorded {
    return recordIncrement(this, this.authorship.writer, key, amount, hash)
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
      this.#addToKey(key, negate(total), -ops)
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

  /** A draft of this draft: what belongs together is tried there first, and applied here whole. */
  draft(): Draft {
    return new Draft(this, this.authorship, this.#held)
  }

  /** The value with this draft's increments. */
  value(key: string): Integer {
    return add(this.#table.value(key), this.#keyed.get(key)?.value ?? 0)
  }

  /** The ops with this draft's increments. */
  ops(key: string): number {
    return this.#table.ops(key) + (this.#keyed.get(key)?.ops ?? 0)
  }

  get isEmpty(): boolean {
    const drafted = [this.#written, this.#versions, this.#floors]
    return this.#dropped.length === 0 && drafted.every(({ size }) => size === 0)
  }

  /** What a store has to write for this draft. */
  changes(): Change[] {
    const changes: Change[] = []
    for (const { replica, key, unit } of this.#units()) {
      const { first, seq, ops, total } = unit
      changes.push({ kind: 'slot', replica, key, slot: { first, seq, ops, total } })
      const held = this.#table.requests(replica, key, unit.requestsSince)
      // Most slots have none.
      if (held.length + unit.requests.length > 0)
        changes.push(...this.#requestChanges(replica, key, unit, held))
    }
    for (const [replica, { floor, dropped }] of this.#floors) {
      changes.push({ kind: 'floor', replica, floor })
      for (const { first, record } of dropped)
        changes.push({ kind: 'dropped-request', replica, first, seq: record.seq })
    }
    for (const [replica, seq] of this.#versions) changes.push({ kind: 'version', replica, seq })
    changes.push(...this.#dropped)
    return changes
  }

  /** Only what differs: a hot key may have many records, and a join brings most of them again. */
  *#requestChanges(
    replica: string,
    key: string,
    unit: Unit,
    held: readonly RequestRecord[],
  ): Generator<Change> {
    const { first } = unit
    // A fork may have given the slot another short name, by which all its records go then.
    const before = this.#table.slot(replica, key)?.first ?? first
    const dropped = new Map(held.map((record) => [record.seq, record]))
    const put: RequestRecord[] = []
    for (const record of unit.requests) {
      const known = dropped.get(record.seq)
      dropped.delete(record.seq)
      if (before !== first || known === undefined || !isSame(known, record)) put.push(record)
    }
    for (const seq of dropped.keys()) yield { kind: 'dropped-request', replica, first: before, seq }
    for (const record of put) yield { kind: 'request', replica, first, record }
  }

  /** Keys of which a slot changes. */
  changedKeys(): Set<string> {
    return new Set(this.#keyed.keys())
  }

  /** Puts the draft into what it was laid over. It must not be used after. */
  apply(): void {
    for (const [replica, { floor }] of this.#floors) this.#table.writeFloor(replica, floor)
    for (const { replica, key, unit } of this.#units()) this.#table.write(replica, key, unit)
    for (const [replica, seq] of this.#versions) this.#table.setVersion(replica, seq)
    for (const change of this.#dropped)
      if (change.kind === 'dropped-replica') this.#table.drop(change.replica)
  }

  /** In order of seq for each replica, since that is the order that the table's logs are in. */
  #units(): readonly Written[] {
    this.#inOrder ??= [...this.#written.values()].flatMap((byKey) =>
      [...byKey.values()]
        .sort((a, b) => a.unit.seq - b.unit.seq)
        .map((written) => this.#underFloor(written)),
    )
    return this.#inOrder
  }

  /** A floor may have come after the slot. */
  #underFloor(written: Written): Written {
    const floor = this.#floors.get(written.replica)?.floor
    const requests = liveUnder(floor, written.unit.requests)
    if (requests === written.unit.requests) return written
    return { ...written, unit: { ...written.unit, requests } }
  }

  #unit(replica: string, key: string): Unit | undefined {
    return this.#written.get(replica)?.get(key)?.unit
  }

  // State

  isHidden(replica: string): boolean {
    return this.#table.isHidden(replica)
  }

  drop(replica: string): void {
    this.#dropped.push({ kind: 'dropped-replica', replica })
  }

  version(replica: string): number {
    return this.#versions.get(replica) ?? this.#table.version(replica)
  }

  setVersion(replica: string, seq: number): void {
    this.#versions.set(replica, seq)
  }

  lastSeq(replica: string): number {
    const own = Math.max(this.#lastSeqs.get(replica) ?? 0, this.#versions.get(replica) ?? 0)
    return Math.max(own, this.#floors.get(replica)?.floor.at ?? 0, this.#table.lastSeq(replica))
  }

  slot(replica: string, key: string): Slot | undefined {
    return this.#unit(replica, key) ?? this.#table.slot(replica, key)
  }

  requests(replica: string, key: string, since = 0): readonly RequestRecord[] {
    const floor = this.#floors.get(replica)?.floor
    const held = liveUnder(floor, this.#table.requests(replica, key, since))
    const unit = this.#unit(replica, key)
    if (unit === undefined) return held
    return [
      ...held.filter(({ seq }) => seq <= unit.requestsSince),
      ...liveUnder(floor, unit.requests).filter(({ seq }) => seq > since),
    ]
  }

  isAmbiguous(replica: string, first: number): boolean {
    return this.#ambiguous.has(nameOf(replica, first)) || this.#table.isAmbiguous(replica, first)
  }

  keyNamed(replica: string, first: number): string | undefined {
    if (this.isAmbiguous(replica, first)) return undefined
    return this.#names.get(nameOf(replica, first)) ?? this.#table.keyNamed(replica, first)
  }

  holders(hash: RequestHash): readonly Holder[] {
    return [...this.#table.holders(hash), ...(this.#holders.get(hash) ?? [])].filter((holder) =>
      this.#isLive(holder),
    )
  }

  #isLive({ replica, key, record }: Holder): boolean {
    if (drops(this.#floors.get(replica)?.floor, record.seq)) return false
    const unit = this.#unit(replica, key)
    return unit === undefined || record.seq <= unit.requestsSince || unit.requests.includes(record)
  }

  floor(replica: string): Floor | undefined {
    return this.#floors.get(replica)?.floor ?? this.#table.floor(replica)
  }

  recordsUpTo(replica: string, upTo: number): KeyedRecord[] {
    const floor = this.#floors.get(replica)?.floor
    const written = this.#written.get(replica)
    const records = this.#table.recordsUpTo(replica, upTo).filter(({ key, record }) => {
      const unit = written?.get(key)?.unit
      return unit === undefined || record.seq <= unit.requestsSince
    })
    for (const { key, unit } of written?.values() ?? [])
      for (const record of unit.requests)
        if (record.seq <= upTo) records.push({ key, first: unit.first, record })
    return records
      .filter(({ record }) => !drops(floor, record.seq))
      .sort((a, b) => a.record.seq - b.record.seq)
  }

  writeFloor(replica: string, floor: Floor): void {
    const dropped = this.#table
      .recordsUpTo(replica, floor.upTo)
      .filter(({ record }) => drops(floor, record.seq))
    // What counted once for a repetition counts again.
    for (const one of dropped) if (isRepeated(this, one)) this.#addToKey(one.key, 0, 0)
    this.#floors.set(replica, { floor, dropped })
    this.#inOrder = undefined
  }

  write(replica: string, key: string, unit: Unit): void {
    this.#inOrder = undefined
    const before = this.slot(replica, key)
    if (before?.first !== unit.first) this.#name(replica, key, before?.first, unit.first)
    const drafted = this.#unit(replica, key)
    const byKey = this.#written.get(replica) ?? new Map<string, Written>()
    this.#written.set(replica, byKey)
    byKey.set(key, { replica, key, unit: drafted === undefined ? unit : follow(drafted, unit) })
    this.#addToKey(key, subtract(unit.total, before?.total ?? 0), unit.ops - (before?.ops ?? 0))
    if (unit.seq > (this.#lastSeqs.get(replica) ?? 0)) this.#lastSeqs.set(replica, unit.seq)
    for (const record of unit.requests) this.#hold({ replica, key, record })
  }

  /** As the table does it. */
  #name(replica: string, key: string, before: number | undefined, first: number): void {
    const isNamed = this.keyNamed(replica, first) !== undefined
    if (isNamed || before !== undefined) this.#ambiguous.add(nameOf(replica, first))
    else this.#names.set(nameOf(replica, first), key)
    if (before !== undefined) this.#ambiguous.add(nameOf(replica, before))
  }

  #addToKey(key: string, amount: Integer, ops: number): void {
    const keyed = this.#keyed.get(key) ?? { value: 0, ops: 0 }
    keyed.value = add(keyed.value, amount)
    keyed.ops += ops
    this.#keyed.set(key, keyed)
  }

  #hold(holder: Holder): void {
    const holders = this.#holders.get(holder.record.hash)
    if (holders === undefined) this.#holders.set(holder.record.hash, [holder])
    else holders.push(holder)
  }
}

const isSame = (a: RequestRecord, b: RequestRecord): boolean =>
  a.hash === b.hash && a.amount === b.amount && a.ops === b.ops

const nameOf = (replica: string, first: number): string => `${first}/${replica}`

/** One unit written after another, as one that may be written in their place. */
const follow = (before: Unit, after: Unit): Unit => {
  if (after.requestsSince <= before.requestsSince) return after
  const kept = before.requests.filter(({ seq }) => seq <= after.requestsSince)
  return {
    ...after,
    requests: [...kept, ...after.requests],
    requestsSince: before.requestsSince,
  }
}
