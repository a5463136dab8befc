// Deltas as bytes. docs/protocol.md, section "Delta", describes the same.
import { LIMITS } from './limits.ts'
import { malformed, type ByteReader, type ByteWriter } from './bytes.ts'
import type { Delta, DeltaUnit, KeyedDelta, KeyedUnit } from './delta.ts'
import { REQUEST_HASH_BYTES, type RequestRecord } from './request.ts'

/** What the low bits of a delta's first varint say; the rest counts the units with short names. */
const HAS_REPLICA = 1
const HAS_TO = 2
const HAS_REQUESTS = 4
const HAS_REPEATED_KEYS = 8
const HAS_NEW_KEYS = 16
const FLAGS = 32

/** The keys that stand in full in one message, in order: a later delta of it repeats only a number. */
export interface KeysInMessage {
  readonly list: string[]
  readonly numbers: Map<string, number>
}

export const noKeys = (): KeysInMessage => ({ list: [], numbers: new Map() })

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
  delta: KeyedDelta,
  keys: KeysInMessage,
): void => {
  const { from, to, units } = delta
  const groups: Record<Group, KeyedUnit[]> = { short: [], repeated: [], new: [] }
  for (const unit of units) groups[groupOf(unit, from, keys)].push(unit)
  const hasRequests = units.some((unit) => unit.requests.length > 0)
  const hasTo = to !== impliedTo(delta)
  writer.varint(
    groups.short.length * FLAGS +
      (name === undefined ? 0 : HAS_REPLICA) +
      (hasTo ? HAS_TO : 0) +
      (hasRequests ? HAS_REQUESTS : 0) +
      (groups.repeated.length > 0 ? HAS_REPEATED_KEYS : 0) +
      (groups.new.length > 0 ? HAS_NEW_KEYS : 0),
  )
  if (name !== undefined) writer.string(name)
  writer.varint(from)
  if (hasTo) writer.varint(to - from)
  if (groups.repeated.length > 0) writer.varint(groups.repeated.length)
  if (groups.new.length > 0) writer.varint(groups.new.length)
  for (const group of ['short', 'repeated', 'new'] as const) {
    let before = from
    for (const unit of groups[group]) {
      writeKey(writer, group, unit, from, keys)
      writer.varint(unit.seq - before - 1)
      if (group !== 'short') writer.varint(unit.seq - unit.first)
      writer.varint(unit.ops - 1)
      writer.integer(unit.total)
      if (hasRequests) writeRequests(writer, unit)
      before = unit.seq
    }
  }
}

const groupOf = (unit: KeyedUnit, from: number, keys: KeysInMessage): Group => {
  if (unit.first <= from) return 'short'
  return keys.numbers.has(unit.key) ? 'repeated' : 'new'
}

const writeKey = (
  writer: ByteWriter,
  group: Group,
  unit: KeyedUnit,
  from: number,
  keys: KeysInMessage,
): void => {
  if (group === 'short') return writer.varint(from - unit.first)
  if (group === 'repeated') return writer.varint(keys.numbers.get(unit.key)!)
  keys.numbers.set(unit.key, keys.numbers.size)
  writer.string(unit.key)
}

const writeRequests = (writer: ByteWriter, unit: DeltaUnit): void => {
  writer.varint(unit.requests.length)
  let after = unit.seq
  for (const { hash, amount, seq } of unit.requests.toReversed()) {
    writer.varint(after - seq)
    writer.integer(amount)
    for (let i = 0; i < REQUEST_HASH_BYTES; i++) writer.byte(hash.charCodeAt(i))
    after = seq
  }
}

/** A closed interval ends at the last operation that it carries, and then need not say so. */
const impliedTo = ({ from, units }: Delta): number => units.at(-1)?.seq ?? from

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
  const name = flags & HAS_REPLICA ? reader.string(LIMITS.replicaBytes) : undefined
  const replica = replicaOf(name)
  const from = reader.varint()
  const to = flags & HAS_TO ? from + reader.varint() : undefined
  const counts: Record<Group, number> = {
    short: Math.floor(head / FLAGS),
    repeated: flags & HAS_REPEATED_KEYS ? reader.count() : 0,
    new: flags & HAS_NEW_KEYS ? reader.count() : 0,
  }
  const units: DeltaUnit[] = []
  for (const group of ['short', 'repeated', 'new'] as const)
    readGroup(reader, group, counts[group], from, (flags & HAS_REQUESTS) !== 0, keys, units)
  units.sort((a, b) => a.seq - b.seq)
  checkDistinct(units)
  const delta = { replica, from, to: from, units }
  return checkTo({ ...delta, to: to ?? impliedTo(delta) })
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
  let before = from
  for (let i = 0; i < count; i++) {
    const unit = readUnit(reader, group, from, before, hasRequests, keys)
    units.push(unit)
    before = unit.seq
  }
}

const readUnit = (
  reader: ByteReader,
  group: Group,
  from: number,
  before: number,
  hasRequests: boolean,
  keys: KeysInMessage,
): DeltaUnit => {
  const key = group === 'short' ? undefined : readKey(reader, group, keys)
  const back = group === 'short' ? reader.varint() : 0
  const seq = before + 1 + reader.varint()
  const first = group === 'short' ? from - back : seq - reader.varint()
  const ops = reader.varint() + 1
  const total = reader.integer()
  if (!Number.isSafeInteger(seq)) throw malformed('an operation number is past 2^53 - 1')
  if (first < 1) throw malformed('a slot begins before the first operation')
  if (group !== 'short' && first <= from)
    throw malformed('a slot whose short name would do carries its key')
  if (ops > seq - first + 1 || (ops === 1) !== (first === seq))
    throw malformed('a slot counts other operations than its numbers allow')
  const requests = hasRequests ? readRequests(reader, Math.max(first, from + 1), seq, ops) : []
  return { key, first, seq, ops, total, requests }
}

const readKey = (reader: ByteReader, group: 'repeated' | 'new', keys: KeysInMessage): string => {
  if (group === 'repeated') {
    const key = keys.list[reader.varint()]
    if (key === undefined) throw malformed('a key is repeated that did not stand before')
    return key
  }
  const key = reader.string(LIMITS.keyBytes)
  if (key === '') throw malformed('a key is empty')
  keys.list.push(key)
  return key
}

const readRequests = (
  reader: ByteReader,
  least: number,
  last: number,
  ops: number,
): RequestRecord[] => {
  const count = reader.count()
  if (count > ops) throw malformed('a slot has more requests than operations')
  const requests: RequestRecord[] = []
  let after = last
  for (let i = 0; i < count; i++) {
    const back = reader.varint()
    if (i > 0 && back === 0) throw malformed('two requests have one operation number')
    const seq = after - back
    if (seq < least) throw malformed('a request is older than its slot or its interval')
    const amount = reader.integer()
    const hash = String.fromCharCode(...reader.bytes(REQUEST_HASH_BYTES))
    requests.push({ hash, amount, seq })
    after = seq
  }
  return requests.reverse()
}

/** An operation touches one key: no two slots of a replica share a seq, a first or a key. */
const checkDistinct = (units: readonly DeltaUnit[]): void => {
  if (units.length < 2) return
  const firsts = new Set<number>()
  const keys = new Set<string>()
  units.forEach(({ key, first, seq }, i) => {
    if (seq === units[i - 1]?.seq || firsts.has(first) || (key !== undefined && keys.has(key)))
      throw malformed('two slots share an operation or a key')
    firsts.add(first)
    if (key !== undefined) keys.add(key)
  })
}

const checkTo = (delta: Delta): Delta => {
  if (!Number.isSafeInteger(delta.to) || delta.to > Number.MAX_SAFE_INTEGER)
    throw malformed('an interval ends past 2^53 - 1')
  return delta
}
