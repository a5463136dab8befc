// A draft: changes laid over a slot table, so that they can be stored before they are seen.
import type { Delta } from './delta.ts'
import type { HeldDeltas } from './held-deltas.ts'
import { recordIncrement, type Recorded } from './increment.ts'
import { add, subtract, type Integer } from './integer.ts'
import { joinUnit, type Joined } from './join.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import type { Change, Slot, Unit } from './slot.ts'
import type { Holder, ValuedState } from './state.ts'

interface Written {
  readonly replica: string
  readonly key: string
  readonly unit: Unit
}

/**
 * Reads through to the table (or to another draft), writes to itself. What a caller is told of a draft may be shown once
 * `apply` was called, and `apply` should follow a commit of `changes()`: then nothing is ever shown
 * that a crash could take back, and a refused commit has nothing to undo.
 *
 * One draft at a time: the table must not change between its making and `apply`.
 */
export class Draft implements ValuedState {
  readonly #table: ValuedState
  readonly #self: string
  readonly #held: HeldDeltas
  readonly #written = new Map<string, Map<string, Written>>()
  readonly #keyed = new Map<string, { value: Integer; ops: number }>()
  readonly #names = new Map<string, string>()
  readonly #versions = new Map<string, number>()
  readonly #lastSeqs = new Map<string, number>()
  readonly #holders = new Map<RequestHash, Holder[]>()

  constructor(table: ValuedState, self: string, held: HeldDeltas) {
    this.#table = table
    this.#self = self
    this.#held = held
  }

  /**
   * Records an increment. Increments go before joins in a draft, so that `value` counts them alone.
   *
   * @throws {TallymeshError} `ERR_TOTAL_LIMIT`, `ERR_REQUEST_CONFLICT`; the draft is as before then.
   */
  increment(key: string, amount: Integer, hash?: RequestHash): Recorded {
    return recordIncrement(this, this.#self, key, amount, hash)
  }

  /** Joins a delta, and those that were held for want of it; notes in `joined` what that did. */
  join(delta: Delta, joined: Joined): void {
    this.#held.join(this, this.#self, delta, joined)
  }

  /** Joins a whole unit, wherever it came from; notes in `joined` what that did. */
  joinWhole(replica: string, key: string, unit: Unit, joined: Joined): void {
    joinUnit(this, this.#self, replica, key, unit, joined)
  }

  /** A draft of this draft: what belongs together is tried there first, and applied here whole. */
  draft(): Draft {
    return new Draft(this, this.#self, this.#held)
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
    return this.#written.size === 0 && this.#versions.size === 0
  }

  /** What a store has to write for this draft. */
  changes(): Change[] {
    const changes: Change[] = []
    for (const { replica, key, unit } of this.#units()) {
      const { first, seq, ops, total, requests, requestsSince } = unit
      changes.push({ kind: 'slot', replica, key, slot: { first, seq, ops, total } })
      for (const record of this.#table.requests(replica, key))
        if (record.seq > requestsSince && !requests.some(({ seq }) => seq === record.seq))
          changes.push({ kind: 'dropped-request', replica, first, seq: record.seq })
      for (const record of requests) changes.push({ kind: 'request', replica, first, record })
    }
    for (const [replica, seq] of this.#versions) changes.push({ kind: 'version', replica, seq })
    return changes
  }

  /** Keys of which a slot changes. */
  changedKeys(): Set<string> {
    return new Set(this.#keyed.keys())
  }

  /** Puts the draft into what it was laid over. It must not be used after. */
  apply(): void {
    for (const { replica, key, unit } of this.#units()) this.#table.write(replica, key, unit)
    for (const [replica, seq] of this.#versions) this.#table.setVersion(replica, seq)
  }

  *#units(): Generator<Written> {
    for (const byKey of this.#written.values()) yield* byKey.values()
  }

  // State

  version(replica: string): number {
    return this.#versions.get(replica) ?? this.#table.version(replica)
  }

  setVersion(replica: string, seq: number): void {
    this.#versions.set(replica, seq)
  }

  lastSeq(replica: string): number {
    const own = Math.max(this.#lastSeqs.get(replica) ?? 0, this.#versions.get(replica) ?? 0)
    return Math.max(own, this.#table.lastSeq(replica))
  }

  slot(replica: string, key: string): Slot | undefined {
    return this.#written.get(replica)?.get(key)?.unit ?? this.#table.slot(replica, key)
  }

  requests(replica: string, key: string): readonly RequestRecord[] {
    const held = this.#table.requests(replica, key)
    const unit = this.#written.get(replica)?.get(key)?.unit
    if (unit === undefined) return held
    return [...held.filter(({ seq }) => seq <= unit.requestsSince), ...unit.requests]
  }

  keyNamed(replica: string, first: number): string | undefined {
    return this.#names.get(`${first}/${replica}`) ?? this.#table.keyNamed(replica, first)
  }

  holders(hash: RequestHash): readonly Holder[] {
    const held = this.#table.holders(hash)
    const own = this.#holders.get(hash)
    return own === undefined ? held : [...held, ...own]
  }

  write(replica: string, key: string, unit: Unit): void {
    const before = this.slot(replica, key)
    const drafted = this.#written.get(replica)?.get(key)?.unit
    const byKey = this.#written.get(replica) ?? new Map<string, Written>()
    this.#written.set(replica, byKey)
    byKey.set(key, { replica, key, unit: drafted === undefined ? unit : follow(drafted, unit) })
    const keyed = this.#keyed.get(key) ?? { value: 0, ops: 0 }
    keyed.value = add(keyed.value, subtract(unit.total, before?.total ?? 0))
    keyed.ops += unit.ops - (before?.ops ?? 0)
    this.#keyed.set(key, keyed)
    if (before?.first !== unit.first) this.#names.set(`${unit.first}/${replica}`, key)
    if (unit.seq > (this.#lastSeqs.get(replica) ?? 0)) this.#lastSeqs.set(replica, unit.seq)
    for (const record of unit.requests) {
      const holders = this.#holders.get(record.hash) ?? []
      this.#holders.set(record.hash, [...holders, { replica, key, record }])
    }
  }
}

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
