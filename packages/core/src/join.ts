// The join: slot by slot, the higher seq wins, whole.
import type { Delta, DeltaUnit } from './delta.ts'
import { isSameFloor, joinFloors, liveUnder, type Floor } from './floor.ts'
import type { Integer } from './integer.ts'
import type { RequestRecord } from './request.ts'
import type { Slot, Unit } from './slot.ts'
import type { State } from './state.ts'

/** What joins did. */
export interface Joined {
  /** Keys of which a slot changed. */
  readonly changed: Set<string>
  /** Replicas of which an interval is missing: their deltas were kept out. */
  readonly gaps: Set<string>
  /** Replica ids that two writers used: two contents came under one (replica, seq). */
  readonly forks: Set<string>
  /** A slot of this replica's own id came in that it had not written: its id, or its store, is old. */
  overtaken: boolean
  /** Epochs that nobody outside was to see, and of which slots came in. */
  readonly revealed: Set<string>
}

export const nothingJoined = (): Joined => new LazilyJoined()

/** Sets are made when they are asked for: nearly every join takes but the first. */
class LazilyJoined implements Joined {
  readonly changed = new Set<string>()
  overtaken = false
  #gaps: Set<string> | undefined
  #forks: Set<string> | undefined
  #revealed: Set<string> | undefined

  get gaps(): Set<string> {
    return (this.#gaps ??= new Set())
  }

  get forks(): Set<string> {
    return (this.#forks ??= new Set())
  }

  get revealed(): Set<string> {
    return (this.#revealed ??= new Set())
  }
}

/**
 * Joins a delta whole, or keeps it out and notes the gap.
 *
 * @param self the replica that joins: a higher slot of its own is noted as `overtaken`
 * @returns false for a gap
 */
export const joinDelta = (state: State, self: string, delta: Delta, joined: Joined): boolean => {
  const { replica, from, to, units, floor } = delta
  const keys = from <= state.version(replica) ? keysOf(state, delta) : undefined
  if (keys === undefined) {
    joined.gaps.add(replica)
    return false
  }
  if (floor !== undefined) joinFloor(state, self, replica, floor, joined)
  for (let i = 0; i < units.length; i++) {
    const { first, seq, ops, total, requests } = units[i]!
    const unit = { first, seq, ops, total, requests, requestsSince: from }
    joinUnit(state, self, replica, keys[i]!, unit, joined)
  }
  // Claims about one's own seq count only with the slots (DESIGN section 5).
  const held = replica === self ? Math.min(to, state.lastSeq(self)) : to
  if (held > state.version(replica)) state.setVersion(replica, held)
  return true
}

/**
 * Joins the floor of a replica: before the slots that come with it, since those are as it left them.
 *
 * @param self the replica that joins: a higher floor of its own is noted as `overtaken`
 */
export const joinFloor = (
  state: State,
  self: string,
  replica: string,
  floor: Floor,
  joined: Joined,
): void => {
  const held = state.floor(replica)
  const next = held === undefined ? floor : joinFloors(held, floor)
  if (held !== undefined && isSameFloor(next, held)) return
  // A writer's later floor drops all that the one before did: what came must be the later, whole.
  if (held?.at === floor.at || !isSameFloor(next, floor)) joined.forks.add(replica)
  if (state.isHidden(replica)) joined.revealed.add(replica)
  if (replica === self) joined.overtaken = true
  state.writeFloor(replica, next)
}

/** A unit less the records that a floor drops. */
const under = (floor: Floor | undefined, unit: Unit): Unit => {
  const requests = liveUnder(floor, unit.requests)
  return requests === unit.requests ? unit : { ...unit, requests }
}

/** The keys of a delta's units; undefined where one has a short name that is not known here. */
const keysOf = (state: State, { replica, units }: Delta): string[] | undefined => {
  // Of most deltas, one: an array that grows has room for many.
  if (units.length === 1) {
    const key = keyOf(state, replica, units[0]!)
    return key === undefined ? undefined : [key]
  }
  const keys: string[] = []
  for (const unit of units) {
    const key = keyOf(state, replica, unit)
    if (key === undefined) return undefined
    keys.push(key)
  }
  return keys
}

const keyOf = (state: State, replica: string, { key, first }: DeltaUnit): string | undefined =>
  key ?? state.keyNamed(replica, first)

/** Joins one slot with its request records. */
export const joinUnit = (
  state: State,
  self: string,
  replica: string,
  key: string,
  whole: Unit,
  joined: Joined,
): void => {
  const held = state.slot(replica, key)
  if (held !== undefined && whole.seq < held.seq) return
  // Who sent it may not have heard of the floor that is held here.
  const unit = under(state.floor(replica), whole)
  const fork = held !== undefined && isFork(state, replica, key, held, unit)
  if (fork) joined.forks.add(replica)
  if (state.isHidden(replica)) joined.revealed.add(replica)
  if (replica === self && (fork || held?.seq !== unit.seq)) joined.overtaken = true
  if (held?.seq === unit.seq && fork && isSameSlot(held, unit))
    return uniteRequests(state, replica, key, unit, joined)
  if (held?.seq === unit.seq && !(fork && winsTie(held, unit))) return
  // A part of one writer's requests does not go with the other's.
  state.write(replica, key, fork ? { ...unit, requestsSince: 0 } : unit)
  joined.changed.add(key)
}

/** Whether `unit` can not have come from the writer of the slot that is held. */
const isFork = (state: State, replica: string, key: string, held: Slot, unit: Unit): boolean => {
  if (unit.first !== held.first) return true
  const ops = unit.ops - held.ops
  if (unit.seq > held.seq) return ops < 1 || ops > unit.seq - held.seq
  if (ops !== 0 || unit.total !== held.total) return true
  return compareRequests(unit.requests, requestsAbove(state, replica, key, unit)) !== 0
}

const isSameSlot = (a: Slot, b: Slot): boolean =>
  a.first === b.first && a.ops === b.ops && a.total === b.total

/**
 * Of one slot as it stands, two stores may each have lost a request record that the other has: all of
 * them stay. Where both have one of the same operation, the larger does.
 */
const uniteRequests = (
  state: State,
  replica: string,
  key: string,
  unit: Unit,
  joined: Joined,
): void => {
  const held = requestsAbove(state, replica, key, unit)
  const united = new Map(held.map((record) => [record.seq, record]))
  for (const record of unit.requests) {
    const other = united.get(record.seq)
    if (other === undefined || compareRequests([record], [other]) > 0)
      united.set(record.seq, record)
  }
  const requests = [...united.values()].sort((a, b) => a.seq - b.seq)
  if (compareRequests(requests, held) === 0) return
  state.write(replica, key, { ...unit, requests })
  joined.changed.add(key)
}

/** Under one (replica, seq), the larger content wins, so that all replicas keep the same. */
const winsTie = (held: Slot, unit: Unit): boolean => {
  const order =
    compareIntegers(unit.total, held.total) || unit.ops - held.ops || unit.first - held.first
  return order > 0
}

const requestsAbove = (
  state: State,
  replica: string,
  key: string,
  { requestsSince }: Unit,
): readonly RequestRecord[] => state.requests(replica, key, requestsSince)

const compareIntegers = (a: Integer, b: Integer): number => (a === b ? 0 : a > b ? 1 : -1)

/** Fewer under one (replica, seq) are what a damaged store has left of them. */
const compareRequests = (a: readonly RequestRecord[], b: readonly RequestRecord[]): number => {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!]
    const order =
      x.seq - y.seq ||
      compareIntegers(x.amount, y.amount) ||
      x.ops - y.ops ||
      (x.hash === y.hash ? 0 : x.hash > y.hash ? 1 : -1)
    if (order !== 0) return order
  }
  return 0
}
