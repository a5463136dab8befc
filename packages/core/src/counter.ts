// What a counter is: keys, a slot for each replica that touched one, and a join that loses nothing.
import { checkAmount, checkKey, checkReplica } from './arguments.ts'
import { malformed } from './bytes.ts'
import type { Delta, KeyedDelta, WritableDelta } from './delta.ts'
import { Draft, type Authorship } from './draft.ts'
import { HeldDeltas } from './held-deltas.ts'
import { recordIncrement, type CountedIncrement } from './increment.ts'
import { toBigInt } from './integer.ts'
import { joinFloor, joinUnit, nothingJoined, type Joined } from './join.ts'
import type { Floor } from './floor.ts'
import type { Remembered } from './floors.ts'
import type { MerkleTree } from './merkle-tree.ts'
import { plus, type Hash64 } from './murmur.ts'
import { hashRequestId, type RequestRecord } from './request.ts'
import type { ReplicaFloor, StateSnapshot } from './snapshot.ts'
import { NONE } from './slot-rows.ts'
import { SlotTable } from './slot-table.ts'
import { decodeState, encodeState } from './state-format.ts'
import type { Change, Slot } from './slot.ts'
import type { KeyedRecord } from './state.ts'
import type { VersionVector } from './version-vector.ts'

export interface IncrementRequest {
  /** 1 to 128 UTF-8 bytes. A second increment with this id, key and amount changes nothing. */
  readonly requestId?: string | undefined
}

/** What a whole state comes to, in sixteen bytes. */
export interface Digest {
  /** Of the slots (see `MerkleTree`) and the floors. */
  readonly root: Hash64
  /** Of the version vector. */
  readonly version: Hash64
}

/** A counter as it stands. */
export interface KeyValue {
  readonly key: string
  readonly value: bigint
  readonly ops: number
}

export interface KeyRange {
  readonly prefix?: string | undefined
  /** Only keys after this one, in the order of their UTF-8 bytes. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/**
 * Counters by key, as one replica holds them: a state-based CRDT with deltas. Pure and synchronous:
 * no I/O, no clock, no randomness.
 *
 * Increment, read and each slot of a join are O(1), whatever the number of keys; `version` is O(replicas);
 * `encode({ since })` is O(log n) and its answer; `merge` is O(slots of the other).
 */
export class DistributedKeyCounter {
  #authorship: Authorship
  /** The table's number of the writer, once it has one. */
  #writer = NONE
  readonly #table = new SlotTable()
  readonly #held = new HeldDeltas()

  /**
   * @param options `replica`: the id to write under, 1 to 128 bytes of UTF-8
   * @throws {TallymeshError} `ERR_INVALID_ARGUMENT` for any other
   */
  constructor({ replica }: { readonly replica: string }) {
    const writer = checkReplica(replica)
    this.#authorship = { writer, epoch: writer }
  }

  /** The id under which this replica writes. No two live writers may share one. */
  get replica(): string {
    return this.#authorship.writer
  }

  get authorship(): Authorship {
    return this.#authorship
  }

  /**
   * Goes on under another id. A writer that is not the epoch is provisional: what it writes counts
   * here, and is in no version, digest or encoding until it is revealed, or folded into the epoch.
   */
  writeAs(authorship: Authorship): void {
    checkReplica(authorship.epoch)
    if (checkReplica(authorship.writer) !== authorship.epoch) this.#table.hide(authorship.writer)
    this.#authorship = authorship
    this.#writer = NONE
  }

  /** Keeps all that `replica` wrote from others. */
  hide(replica: string): void {
    this.#table.hide(checkReplica(replica))
  }

  /** The ids that are kept from others. */
  hidden(): string[] {
    return this.#table.hidden()
  }

  /** Lets others see what was hidden. */
  reveal(replica: string): void {
    this.#table.reveal(replica)
  }

  /** The highest operation number that anything here tells of `replica`, what waits behind a gap included. */
  lastHeardSeq(replica: string): number {
    return Math.max(this.#table.lastSeq(replica), this.#held.lastSeq(replica))
  }

  /** The highest operation number that is held of `replica`; past its version where there is a gap. */
  lastSeq(replica: string): number {
    return this.#table.lastSeq(replica)
  }

  /**
   * Adds `amount`, which may be negative or zero, to a counter.
   *
   * @param amount a safe integer, or a bigint of at most 1,024 bits
   * @throws {TallymeshError} `ERR_INVALID_ARGUMENT`, `ERR_TOTAL_LIMIT`, or `ERR_REQUEST_CONFLICT` where
   *   the request id is known with another key or amount. Nothing has changed then.
   */
  increment(
    key: string,
    amount: number | bigint = 1,
    options?: IncrementRequest,
  ): CountedIncrement {
    const requestId = options?.requestId
    if (requestId === undefined && Number.isSafeInteger(amount)) {
      if (this.#writer === NONE) this.#writer = this.#table.numberOf(this.replica)
      const counted = this.#table.count(this.#writer, key, amount as number)
      if (counted !== undefined) return counted
    }
    return this.#record(key, amount, requestId)
  }

  /** An increment that may be refused, or the first of its slot. */
  #record(key: string, amount: number | bigint, requestId: string | undefined): CountedIncrement {
    const recorded = recordIncrement(
      this.#table,
      this.replica,
      checkKey(key),
      checkAmount(amount),
      requestId === undefined ? undefined : hashRequestId(requestId),
    )
    return { value: this.getValue(key), ops: this.getOps(key), ...recorded }
  }

  /** The sum of all increments that this replica knows; 0n for a key never seen. */
  getValue(key: string): bigint {
    return toBigInt(this.#table.value(key))
  }

  /** How many increments this replica knows; 0 for a key never seen. */
  getOps(key: string): number {
    return this.#table.ops(key)
  }

  /** How many keys were ever touched. */
  get size(): number {
    return this.#table.size
  }

  /** Keys in the order in which this replica met them. */
  keys(): readonly string[] {
    return this.#table.keys()
  }

  /**
   * Counters in the order of their keys' UTF-8 bytes.
   *
   * @param range which of them: all if left out
   */
  list({ prefix = '', after, limit = Infinity }: KeyRange = {}): KeyValue[] {
    return this.#table
      .keyPage(prefix, after, limit)
      .map((key) => ({ key, value: this.getValue(key), ops: this.getOps(key) }))
  }

  /** Who counted how much of a counter, as others may see it, in the order of replica ids. */
  slots(key: string): (Slot & { readonly replica: string })[] {
    return [...this.#table.slotsOf(key)].sort((a, b) => (a.replica < b.replica ? -1 : 1))
  }

  /** What `replica` counted of a counter. */
  slot(replica: string, key: string): Slot | undefined {
    return this.#table.slot(replica, key)
  }

  /** The live request records of one slot, in order of seq. */
  requests(replica: string, key: string, since = 0): readonly RequestRecord[] {
    return [...this.#table.requests(replica, key, since)]
  }

  /** Replicas in the order in which this one met them. */
  replicas(): readonly string[] {
    return this.#table.replicas()
  }

  /** How much of each replica's writing is held, as it stands now. */
  get version(): VersionVector {
    const version = new Map<string, number>()
    for (const replica of this.#table.replicas()) {
      const seq = this.#table.version(replica)
      if (seq > 0) version.set(replica, seq)
    }
    return version
  }

  /** Replicas with equal digests hold the same. Costs the keys changed since the last. */
  digest(): Digest {
    const { floorHash, versionHash } = this.#table
    return { root: plus(this.tree.root(), floorHash), version: versionHash }
  }

  /** What all counters come to, by prefixes of their keys' hashes. */
  get tree(): MerkleTree {
    return this.#table.tree
  }

  /** The operation number of this replica's last increment. */
  get seq(): number {
    return this.#table.lastSeq(this.replica)
  }

  /** How many slots there are. */
  get slotCount(): number {
    return this.#table.slotCount
  }

  // Request records

  /** Up to where `replica` has let go of its request records; undefined where it never did. */
  floor(replica: string): Floor | undefined {
    return this.#table.floor(replica)
  }

  /** All floors that others may see, in no particular order. */
  floors(): ReplicaFloor[] {
    return this.#table.floors()
  }

  /** How many of a replica's requests are remembered, and what they take on the wire. O(1). */
  remembered(replica: string): Remembered {
    return this.#table.remembered(replica)
  }

  /** A replica's request records from the oldest on; to be read before anything is written. */
  oldestRecords(replica: string): Iterable<KeyedRecord> {
    return this.#table.oldestRecords(replica)
  }

  /**
   * Lets go of this replica's own request records up to the operation `upTo`: a retry of one of those
   * counts again. Records that are part of a repetition which is known here stay. Counts as an
   * operation, and goes to others like one. Costs what it drops, and what it keeps.
   *
   * @returns whether there was any to let go
   */
  moveFloor(upTo: number): boolean {
    const draft = this.draft()
    const moved = draft.moveFloor(upTo, () => false)
    if (moved) draft.apply()
    return moved
  }

  // Joining

  /** Joins all that another counter holds. Returns the keys that changed. */
  merge(other: DistributedKeyCounter): string[] {
    const joined = nothingJoined()
    for (const { replica, to, units, floor } of other.state()) {
      if (floor !== undefined)
        joinFloor(this.#table, this.#authorship.epoch, replica, floor, joined)
      for (const unit of units)
        joinUnit(
          this.#table,
          this.#authorship.epoch,
          replica,
          unit.key,
          { ...unit, requestsSince: 0 },
          joined,
        )
      if (to > this.#table.version(replica)) this.#table.setVersion(replica, to)
    }
    return [...joined.changed]
  }

  /**
   * Joins what `encode` made. Deltas may come in any order, and often: one that comes before what it
   * builds upon is held until that came too.
   *
   * @returns the keys that changed
   * @throws {TallymeshError} `ERR_MALFORMED`; nothing has changed then.
   */
  applyEncoded(bytes: Uint8Array): string[] {
    const joined = this.join(decodeState(bytes))
    return [...joined.changed]
  }

  /** Joins deltas, and says what that did. */
  join(deltas: Iterable<Delta>): Joined {
    const joined = nothingJoined()
    for (const delta of deltas) this.#held.join(this.#table, this.#authorship.epoch, delta, joined)
    return joined
  }

  /**
   * Changes that are to be stored before they are seen. One at a time.
   *
   * @param authorship who writes it, where that is to change with it; `writeAs` goes with `apply` then
   */
  draft(authorship: Authorship = this.#authorship): Draft {
    return new Draft(this.#table, authorship, this.#held)
  }

  /**
   * Every slot that others may see, as it stands now: to be read whenever it suits, while this counts on.
   * A fraction of a second for a million slots, some forty bytes each while it is held.
   */
  snapshot(): StateSnapshot {
    return this.#table.snapshot()
  }

  // Encoding

  /**
   * What a replica with the version vector `since` lacks, as bytes; without it, the whole state.
   *
   * @param options `since`: another counter's `version`
   */
  encode({ since }: { readonly since?: VersionVector | undefined } = {}): Uint8Array<ArrayBuffer> {
    const deltas: WritableDelta[] = []
    for (const replica of this.#table.replicas()) {
      const delta = this.#table.writableSince(replica, since?.get(replica) ?? 0)
      if (saysAny(delta)) deltas.push(delta)
    }
    return encodeState(deltas)
  }

  /** What a replica with the version vector `since` lacks: a delta for each writer. */
  state(since?: VersionVector): KeyedDelta[] {
    return this.#table
      .replicas()
      .map((replica) => this.deltaSince(replica, since?.get(replica) ?? 0))
      .filter(saysAny)
  }

  /** What `replica` wrote above `from`, as far as it is held here. */
  deltaSince(replica: string, from: number): KeyedDelta {
    return this.#table.deltaSince(replica, from)
  }

  // Storage

  /**
   * Takes in what a store has kept. Slots go before the requests in them.
   *
   * @throws {TallymeshError} `ERR_MALFORMED` for a request whose slot is not there
   */
  restore(change: Change): void {
    if (change.kind === 'version') this.#table.setVersion(change.replica, change.seq)
    else if (change.kind === 'floor') this.#table.writeFloor(change.replica, change.floor)
    else if (change.kind === 'slot') {
      if (this.#table.restoreSlot(change.replica, change.key, change.slot)) return
      // A join, since a fork may have left two records of one slot.
      const unit = { ...change.slot, requests: [], requestsSince: 0 }
      joinUnit(this.#table, this.replica, change.replica, change.key, unit, nothingJoined())
    } else if (change.kind === 'request') {
      if (!this.#table.restoreRequest(change.replica, change.first, change.record))
        throw malformed('a request record without its slot')
    }
  }
}

const saysAny = ({ from, to, units, floor }: WritableDelta): boolean =>
  to > from || units.length > 0 || floor !== undefined
