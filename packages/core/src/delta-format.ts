// Deltas as bytes. docs/protocol.md, section "Delta", describes the same.
import { LIMITS } from './limits.ts'
import { malformed, type ByteReader, type ByteWriter } from './bytes.ts'
import type { Delta, DeltaUnit, KeyedUnit, KeyedUnits, WritableDelta } from './delta.ts'
import { readFloorBytes, writeFloorBytes } from './floor.ts'
import type { Integer } from './integer.ts'
import { Names } from './names.ts'
import { REQUEST_HASH_BYTES, type RequestRecord } from './request.ts'
import { NONE } from './slot-rows.ts'

/** Texts only: which ones makes no difference to what is read. */
const replicasMet: string[] = []
const NO_REQUESTS: readonly RequestRecord[] = []

/** What the low bits of a delta's first varint say; the rest counts the units with short names. */
const HAS_REPLICA = 1
const HAS_TO = 2
const HAS_REQUESTS = 4
const HAS_REPEATED_KEYS = 8
const HAS_NEW_KEYS = 16
const FLAGS = 32
/** A count of repeated keys that can not be: a floor stands here, and then the count. */
const FLOOR_FOLLOWS = 0

/** Most slots have had few increments: their count goes into the low bits of another varint. */
const OPS_BITS = 32
/** Every operation from the slot's first to its last: of a new key, and of a replica's only one. */
const ALL_OPS = 0
const MANY_OPS = OPS_BITS - 1
/** The last total of one byte, and one that nothing stays at; at 0, what goes up and down often is. */
const SELDOM = -63

/** The keys that stand in full in one message, in order: a later delta of it repeats only a number. */
export class KeysInMessage {
  readonly #list: string[] = []
  /** Made when the first is looked up: most messages have one delta, of one key. */
  #numbers: Names | undefined
  /** Units whose keys are listed when the next delta looks one up: most messages have no next. */
  #written: KeyedUnits | undefined

  at(number: number): string | undefined {
    return this.#list[number]
  }

  get isEmpty(): boolean {
    return this.#written === undefined && this.#list.length === 0
  }

  numberOf(key: string): number | undefined {
    if (this.#written !== undefined) this.#listWritten(this.#written)
    if (this.#list.length === 0) return undefined
    this.#numbers ??= namesOf(this.#list)
    const number = this.#numbers.find(key)
    return number === NONE ? undefined : number
  }

  #listWritten(units: KeyedUnits): void {
    this.#written = undefined
    for (let i = 0; i < units.length; i++) this.add(units.at(i)!.key)
  }

  /** Adds the keys of a delta that has been written. */
  addWritten(units: KeyedUnits): void {
    if (units.length === 0) return
    if (this.#written !== undefined) this.#listWritten(this.#written)
    this.#written = units
  }

  add(key: string): void {
    this.#list.push(key)
    this.#numbers?.add(key)
  }

  /** Adds a key that has been read. False, and the message is to be refused, where it was there. */
  addOnce(key: string): boolean {
    if (this.#list.push(key) === 1) return true
    this.#numbers ??= namesOf(this.#list.slice(0, -1))
    if (this.#numbers.find(key) !== NONE) return false
    this.#numbers.add(key)
    return true
  }
}

const namesOf = (keys: readonly string[]): Names => {
  const names = new Names()
  for (const key of keys) names.add(key)
  return names
}

export const noKeys = (): KeysInMessage => new KeysInMessage()

/** How a unit's key is written: its short name, its number in the message, or in full. */
type Group = 'short' | 'repeated' | 'new'

/**
 * Writes a delta. In each group, in order of seq, so that most numbers are small differences.
 *
 * @param name the replica id to write; undefined where the receiver takes it from the envelope
 * @param keys shared by the deltas of one message
 */
export const writeDelta = (
  writer: ByteWriter,
  name: string | undefined,
  delta: WritableDelta,
  keys: KeysInMessage,
): void => {
  const { from, to, units, floor } = delta
  const groups = groupsOf(units, from, keys)
  const hasRequests = hasAnyRequests(units)
  const hasTo = to !== impliedTo(delta)
  writer.varint(
    groups.short.length * FLAGS +
      (name === undefined ? 0 : HAS_REPLICA) +
      (hasTo ? HAS_TO : 0) +
      (hasRequests ? HAS_REQUESTS : 0) +
      (groups.repeated.length > 0 || floor !== undefined ? HAS_REPEATED_KEYS : 0) +
      (groups.new.length > 0 ? HAS_NEW_KEYS : 0),
  )
  if (name !== undefined) writer.string(name)
  writer.varint(from)
  if (hasTo) writer.varint(to - from)
  if (floor !== undefined) {
    writer.varint(FLOOR_FOLLOWS)
    writeFloorBytes(writer, floor)
    writer.varint(groups.repeated.length)
  } else if (groups.repeated.length > 0) writer.varint(groups.repeated.length)
  if (groups.new.length > 0) writer.varint(groups.new.length)
  for (const group of ['short', 'repeated', 'new'] as const) {
    let before = from + 1
    const grouped = groups[group]
    for (let i = 0; i < grouped.length; i++) {
      const unit = grouped.at(i)!
      writeKey(writer, group, unit, from, keys)
      writeNumbers(writer, unit, before)
      if (group !== 'short') writer.varint(placeOf(unit.first, unit.seq))
      writer.integer(swapped(unit.total, unit.ops))
      if (hasRequests) writeRequests(writer, unit)
      before = unit.seq
    }
  }
  keys.addWritten(groups.new)
}

const NO_UNITS: KeyedUnits = []

const groupsOf = (
  units: KeyedUnits,
  from: number,
  keys: KeysInMessage,
): Readonly<Record<Group, KeyedUnits>> => {
  // Nothing can be named shortly, or again; and most deltas have one unit.
  if (from === 0 && keys.isEmpty) return onlyOf('new', units)
  if (units.length === 1) return onlyOf(groupOf(units.at(0)!, from, keys), units)
  const groups: Record<Group, KeyedUnit[]> = { short: [], repeated: [], new: [] }
  for (let i = 0; i < units.length; i++) {
    const unit = units.at(i)!
    groups[groupOf(unit, from, keys)].push(unit)
  }
  return groups
}

const onlyOf = (group: Group, units: KeyedUnits): Readonly<Record<Group, KeyedUnits>> => ({
  short: group === 'short' ? units : NO_UNITS,
  repeated: group === 'repeated' ? units : NO_UNITS,
  new: group === 'new' ? units : NO_UNITS,
})

const hasAnyRequests = (units: KeyedUnits): boolean => {
  for (let i = 0; i < units.length; i++) if (units.at(i)!.requests.length > 0) return true
  return false
}

const groupOf = (unit: KeyedUnit, from: number, keys: KeysInMessage): Group => {
  if (unit.first <= from && unit.isAmbiguous !== true) return 'short'
  return keys.numberOf(unit.key) === undefined ? 'new' : 'repeated'
}

const writeKey = (
  writer: ByteWriter,
  group: Group,
  unit: KeyedUnit,
  from: number,
  keys: KeysInMessage,
): void => {
  if (group === 'short') return writer.varint(placeOf(unit.first, from))
  if (group === 'repeated') return writer.varint(keys.numberOf(unit.key)!)
  writer.string(unit.key)
}

const writeNumbers = (writer: ByteWriter, { first, seq, ops }: DeltaUnit, before: number): void => {
  const few = ops === seq - first + 1 ? ALL_OPS : Math.min(ops - 1, MANY_OPS)
  writer.varint((seq - before) * OPS_BITS + few)
  if (few === MANY_OPS) writer.varint(ops - 1 - MANY_OPS)
}

/**
 * A slot's `first`, from 1 to `last`, as how far it is from the nearer end, and from which: hot keys
 * began early, new ones just now. One number from 0 to `last - 1` for each.
 */
const placeOf = (first: number, last: number): number =>
  2 * (last - first) < last ? 2 * (last - first) : 2 * first - 1

const firstAt = (place: number, last: number): number => {
  if (place >= last) throw malformed('a slot begins before the first operation')
  return place % 2 === 0 ? last - place / 2 : (place + 1) / 2
}

/** That and `ops` change places: what only ever counts by one then has a total of one byte. */
const swapped = (total: Integer, ops: number): Integer =>
  total === ops ? SELDOM : total === SELDOM ? ops : total

const writeRequests = (writer: ByteWriter, unit: DeltaUnit): void => {
  writer.varint(unit.requests.length)
  let after = unit.seq
  for (const { hash, amount, seq, ops } of unit.requests.toReversed()) {
    writer.varint((after - seq) * 2 + (ops > 1 ? 1 : 0))
    if (ops > 1) writer.varint(ops - 2)
    writer.integer(amount)
    for (let i = 0; i < REQUEST_HASH_BYTES; i++) writer.byte(hash.charCodeAt(i))
    after = seq
  }
}

interface Claim {
  readonly from: number
  readonly units: { at(place: number): DeltaUnit | undefined }
  readonly floor?: Delta['floor'] | undefined
}

/** A closed interval ends at the last operation that it carries, and then need not say so. */
const impliedTo = ({ from, units, floor }: Claim): number =>
  Math.max(from, units.at(-1)?.seq ?? from, floor?.at ?? from)

/**
 * Reads a delta, and checks all that can be checked of it without state.
 *
 * @param replicaOf the replica id for the name that the delta carries, if any; throws for a name that
 *   is not allowed
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const readDelta = (
  reader: ByteReader,
  replicaOf: (name: string | undefined) => string,
  keys: KeysInMessage,
): Delta => {
  const head = reader.varint()
  const flags = head % FLAGS
  const name =
    flags & HAS_REPLICA ? reader.familiarString(LIMITS.replicaBytes, replicasMet) : undefined
  const replica = replicaOf(name)
  const from = reader.varint()
  const said = flags & HAS_TO ? from + reader.varint() : undefined
  const repeated = flags & HAS_REPEATED_KEYS ? reader.count() : undefined
  const floor = repeated === FLOOR_FOLLOWS ? readFloorBytes(reader) : undefined
  const counts: Record<Group, number> = {
    short: Math.floor(head / FLAGS),
    repeated: floor === undefined ? (repeated ?? 0) : reader.count(),
    new: flags & HAS_NEW_KEYS ? announced(reader) : 0,
  }
  const hasRequests = (flags & HAS_REQUESTS) !== 0
  const units: DeltaUnit[] = []
  for (const group of ['short', 'repeated', 'new'] as const)
    readGroup(reader, group, counts[group], from, hasRequests, keys, units)
  if (hasRequests && units.every(({ requests }) => requests.length === 0))
    throw malformed('requests are announced, and there are none')
  if (units.length > 1) units.sort((a, b) => a.seq - b.seq)
  const to = endOf({ from, units, floor }, said)
  return floor === undefined ? { replica, from, to, units } : { replica, from, to, units, floor }
}

/** The count of a group that is there: it is not 0. */
const announced = (reader: ByteReader): number => {
  const count = reader.count()
  if (count === 0) throw malformed('slots are announced, and there are none')
  return count
}

const endOf = (delta: Claim, to: number | undefined): number => {
  const implied = impliedTo(delta)
  if (to === implied) throw malformed('an interval says where it ends, and need not')
  const end = to ?? implied
  if (end > LIMITS.seq) throw malformed('an interval ends past the last operation number')
  return end
}

const readGroup = (
  reader: ByteReader,
  group: Group,
  count: number,
  from: number,
  hasRequests: boolean,
  keys: KeysInMessage,
  units: DeltaUnit[],
): void => {
  if (count > reader.left) throw malformed('more slots are announced than the message can hold')
  // New keys are new to the whole message, see readKey; one slot alone has no other to be told from.
  const names = group === 'new' || count < 2 ? undefined : new Set<number | string>()
  let before = from + 1
  for (let i = 0; i < count; i++) {
    const unit = readUnit(reader, group, from, before, hasRequests, keys)
    const name = unit.key ?? unit.first
    if (names?.has(name)) throw malformed('two slots have one name')
    names?.add(name)
    units.push(unit)
    before = unit.seq
  }
}

// Not checked: that no two slots share an operation or a short name. A replica id that two writers used
// brings that about, and those who hold what both wrote must be able to hand it on.
const readUnit = (
  reader: ByteReader,
  group: Group,
  from: number,
  before: number,
  hasRequests: boolean,
  keys: KeysInMessage,
): DeltaUnit => {
  const key = group === 'short' ? undefined : readKey(reader, group, keys)
  const named = group === 'short' ? firstAt(reader.varint(), from) : undefined
  const numbers = reader.varint()
  const seq = before + Math.floor(numbers / OPS_BITS)
  if (seq > LIMITS.seq) throw malformed('an operation number is past the last')
  const few = numbers % OPS_BITS
  const moreOps = few === MANY_OPS ? reader.varint() : 0
  const first = named ?? firstAt(reader.varint(), seq)
  const ops = few === ALL_OPS ? seq - first + 1 : 1 + few + moreOps
  if (few !== ALL_OPS && ops > seq - first)
    throw malformed('a slot counts other operations than its numbers allow')
  const total = swapped(reader.integer(), ops)
  const requests = hasRequests ? readRequests(reader, from, seq) : NO_REQUESTS
  return { key, first, seq, ops, total, requests }
}

const readKey = (reader: ByteReader, group: 'repeated' | 'new', keys: KeysInMessage): string => {
  if (group === 'repeated') {
    const key = keys.at(reader.varint())
    if (key === undefined) throw malformed('a key is repeated that did not stand before')
    return key
  }
  const key = reader.string(LIMITS.keyBytes)
  if (key === '') throw malformed('a key is empty')
  if (!keys.addOnce(key)) throw malformed('a key stands in full twice')
  return key
}

const readRequests = (reader: ByteReader, from: number, last: number): RequestRecord[] => {
  const requests: RequestRecord[] = []
  let after = last
  for (let left = reader.count(); left > 0; left--) {
    const step = reader.varint()
    const back = Math.floor(step / 2)
    const ops = step % 2 === 1 ? reader.varint() + 2 : 1
    if (requests.length > 0 && back === 0) throw malformed('two requests have one operation number')
    const seq = after - back
    if (seq <= from) throw malformed('a request is older than its interval')
    if (ops > seq) throw malformed('a request stands for more increments than there were')
    const amount = reader.integer()
    const hash = String.fromCharCode(...reader.bytes(REQUEST_HASH_BYTES))
    requests.push({ hash, amount, seq, ops })
    after = seq
  }
  return requests.reverse()
}
