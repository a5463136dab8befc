// What strong reads and increments say about one counter: its slots by name, and what of them is lacking.
import {
  LIMITS,
  malformed,
  noKeys,
  readDelta,
  writeDelta,
  type ByteReader,
  type ByteWriter,
  type DistributedKeyCounter,
  type Floor,
  type KeysInMessage,
  type Unit,
  utf8Length,
} from '@tallymesh/core'
import { isFloor, ownerOfFloor, partsOf } from './floor-names.ts'
import type { SharedNames } from './shared-names.ts'

/** How many members must have taken part. */
export type Need = 'quorum' | 'all'

/** A counter as it was read. */
export interface Reading {
  readonly value: bigint
  readonly ops: number
}

/** `(replica, seq)` names the whole content of a slot: see DESIGN section 3. */
export type SlotNames = ReadonlyMap<string, number>

/** A slot by name, or the floor of its replica, with what of it the receiver lacks. */
export interface NamedSlot {
  /** For a floor, see floor-names.ts. */
  readonly replica: string
  readonly seq: number
  /** Left out where the receiver is taken to hold it. */
  readonly unit?: Unit | Floor | undefined
}

/**
 * What is asked of a member.
 *
 * - `hold`: have these slots, durably
 * - `agree`: and say whether you have accepted anything beyond them
 * - `insist`: the same of a read that was turned down too often: vote on nothing else of the counter
 *   until it yields
 * - `yield`: it is over
 * - `read-…`, `spread-…`, from those who have no vote: do it for me, with a majority or with all
 * - `vouch`: do you hold all that was written up to here, and keep nothing from others? What do you hold?
 */
export const MODES = [
  'hold',
  'agree',
  'read-quorum',
  'read-all',
  'spread-quorum',
  'spread-all',
  'vouch',
  'insist',
  'yield',
] as const
export type Mode = (typeof MODES)[number]

/** What only a member that may vote can answer. */
export type Vote = 'hold' | 'agree' | 'insist' | 'yield'
/** What is done for one who has no vote. */
export type Errand = Exclude<Mode, Vote | 'vouch'>

const VOTES: ReadonlySet<Mode> = new Set<Vote>(['hold', 'agree', 'insist', 'yield'])

export const isVote = (mode: Mode): mode is Vote => VOTES.has(mode)

export interface Proposal {
  readonly mode: Mode
  readonly key: string
  readonly slots: readonly NamedSlot[]
}

/** A slot of a proposal that a member lacks. */
export interface Lack {
  /** Its place in the proposal. */
  readonly place: number
  /** Up to which seq the member has it; 0 for not at all. */
  readonly held: number
}

export interface Answer {
  /** It holds all of the proposal, durably; and to a read, it has accepted nothing beyond it. */
  readonly isAccepted: boolean
  readonly lacks: readonly Lack[]
  /** What it holds beyond the proposal. */
  readonly more: readonly NamedSlot[]
  /** The counter, as it was read for one who has no vote. */
  readonly counter?: Reading | undefined
}

/** The slots of a counter, as others may see them, and the floors that cut them. */
export const namesOf = (counter: DistributedKeyCounter, key: string): Map<string, number> =>
  new Map(partsOf(counter, key).map(({ replica, seq }) => [replica, seq]))

/**
 * A slot of a counter, with its requests above what the receiver has of it.
 *
 * @param since the receiver's seq of this slot; 0 where it has none, or none that is known
 */
export const unitOf = (
  counter: DistributedKeyCounter,
  replica: string,
  key: string,
  since: number,
): Unit | undefined => {
  const slot = counter.slot(replica, key)
  if (slot === undefined) return undefined
  const requests = counter.requests(replica, key, since)
  return { ...slot, requests, requestsSince: since }
}

/** What an answer, or a proposal, brings of slots that were lacking, to be joined. */
export const unitsOf = (
  key: string,
  slots: readonly NamedSlot[],
): { readonly replica: string; readonly key: string; readonly unit: Unit | Floor }[] =>
  slots.flatMap(({ replica, unit }) => (unit === undefined ? [] : [{ replica, key, unit }]))

/** A part of a counter by its name: a slot as `unitOf` has it, or a floor. */
export const partOf = (
  counter: DistributedKeyCounter,
  name: string,
  key: string,
  since: number,
): Unit | Floor | undefined => {
  const owner = ownerOfFloor(name)
  return owner === undefined ? unitOf(counter, name, key, since) : counter.floor(owner)
}

/** What a reader may have to hold at once. */
const MAX_SLOTS = 100_000

export const writeSlots = (
  writer: ByteWriter,
  names: SharedNames,
  slots: readonly NamedSlot[],
): void => {
  writer.varint(slots.length)
  for (const { replica, seq, unit } of slots) {
    names.write(writer, replica)
    writer.varint(unit === undefined ? seq : 0)
    if (unit === undefined) continue
    if (isFloor(unit)) {
      const floor = { replica, from: 0, to: 0, units: [], floor: unit }
      writeDelta(writer, undefined, floor, onlyKey())
      continue
    }
    const { requestsSince: from, ...slot } = unit
    const units = [{ ...slot, key: NO_KEY, isAmbiguous: true }]
    writeDelta(writer, undefined, { replica, from, to: from, units }, onlyKey())
  }
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const readSlots = (reader: ByteReader, names: SharedNames): NamedSlot[] => {
  const slots: NamedSlot[] = []
  const seen = new Set<string>()
  const count = reader.count()
  if (count > MAX_SLOTS) throw malformed(`a counter has at most ${MAX_SLOTS} slots here`)
  for (let left = count; left > 0; left--) {
    const replica = names.read(reader)
    if (seen.has(replica)) throw malformed('a replica stands twice')
    seen.add(replica)
    if (ownerOfFloor(replica) === undefined && utf8Length(replica) > LIMITS.replicaBytes)
      throw malformed('a replica id is too long')
    const seq = reader.varint()
    if (seq > LIMITS.seq) throw malformed('an operation number is past the last')
    slots.push(seq > 0 ? { replica, seq } : readUnit(reader, replica))
  }
  return slots
}

const readUnit = (reader: ByteReader, replica: string): NamedSlot => {
  const { from, to, units, floor } = readDelta(reader, () => replica, onlyKey())
  if (ownerOfFloor(replica) !== undefined) {
    if (floor === undefined || units.length > 0 || from > 0 || to > 0)
      throw malformed('a floor does not come alone')
    return { replica, seq: floor.at, unit: floor }
  }
  const [unit] = units
  const isAlone = units.length === 1 && floor === undefined
  if (unit === undefined || !isAlone || to !== from || unit.key !== NO_KEY)
    throw malformed('a slot does not come alone')
  const { first, seq, ops, total, requests } = unit
  return { replica, seq, unit: { first, seq, ops, total, requests, requestsSince: from } }
}

/** Which key it is stands before the slots; they all have this one. */
const NO_KEY = ''

const onlyKey = (): KeysInMessage => {
  const keys = noKeys()
  keys.add(NO_KEY)
  return keys
}
