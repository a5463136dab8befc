// A floor: up to where a replica has let go of its request records, and which of them stay.
import { malformed, type ByteReader, type ByteWriter } from './bytes.ts'
import { LIMITS } from './limits.ts'
import type { RequestRecord } from './request.ts'

/**
 * Only its owner moves a floor, as an operation of its own, and it only ever drops more. So which records
 * a replica still has is what it wrote, less what its latest floor drops, whatever the order in which
 * the two became known: a lattice beside that of its slots.
 */
export interface Floor {
  /** The owner's operation number of the move. */
  readonly at: number
  /** Records with a seq up to here are gone, but for those in `kept`. */
  readonly upTo: number
  /** The seqs of those that stay, in order: they are part of a repetition that is known. */
  readonly kept: readonly number[]
}

/** Whether a floor leaves no record of the operation `seq`. */
export const drops = (floor: Floor | undefined, seq: number): boolean =>
  floor !== undefined && seq <= floor.upTo && !isKept(floor.kept, seq)

/** Those of a slot's records that a floor leaves. */
export const liveUnder = (
  floor: Floor | undefined,
  requests: readonly RequestRecord[],
): readonly RequestRecord[] =>
  floor === undefined || requests.length === 0 || requests[0]!.seq > floor.upTo
    ? requests
    : requests.filter(({ seq }) => !drops(floor, seq))

const isKept = (kept: readonly number[], seq: number): boolean => {
  let low = 0
  let high = kept.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (kept[middle]! < seq) low = middle + 1
    else high = middle
  }
  return kept[low] === seq
}

/**
 * Drops all that either drops. Of two floors of one writer, that is the later one; an id that two
 * writers used has others, and they join all the same, in any order.
 */
export const joinFloors = (a: Floor, b: Floor): Floor => ({
  at: Math.max(a.at, b.at),
  upTo: Math.max(a.upTo, b.upTo),
  kept: [...new Set([...a.kept, ...b.kept])]
    .filter((seq) => !drops(a, seq) && !drops(b, seq))
    .sort((x, y) => x - y),
})

export const isSameFloor = (a: Floor, b: Floor): boolean =>
  a.at === b.at &&
  a.upTo === b.upTo &&
  a.kept.length === b.kept.length &&
  a.kept.every((seq, i) => seq === b.kept[i])

// docs/protocol.md, section "Floor", describes the same.

export const writeFloorBytes = (writer: ByteWriter, { at, upTo, kept }: Floor): void => {
  writer.varint(at)
  writer.varint(at - upTo)
  writer.varint(kept.length)
  let before = 0
  for (const seq of kept) {
    writer.varint(seq - before)
    before = seq
  }
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const readFloorBytes = (reader: ByteReader): Floor => {
  const at = reader.varint()
  const upTo = at - reader.varint()
  if (at > LIMITS.seq) throw malformed('a floor was moved past the last operation number')
  if (upTo < 1 || upTo >= at) throw malformed('a floor is not below the operation that moved it')
  const kept: number[] = []
  let before = 0
  for (let left = reader.count(); left > 0; left--) {
    const seq = before + reader.varint()
    if (seq === before || seq > upTo) throw malformed('a floor keeps what is not below it')
    kept.push(seq)
    before = seq
  }
  return { at, upTo, kept }
}

/** About how many bytes it takes. */
export const weighFloor = ({ kept }: Floor): number => 16 + 3 * kept.length
