// Choosing what to send: what a peer lacks, in messages of bounded size. No transport in here.
import {
  utf8Length,
  weighFloor,
  type DistributedKeyCounter,
  type Integer,
  type KeyedDelta,
  type KeyedUnit,
  type VersionVector,
} from '@tallymesh/core'
import type { ClosedInterval } from './closed-intervals.ts'
import { MOST_BYTES } from './message-sizes.ts'

/** A slot with its numbers, and a request record, at their longest in practice. */
const UNIT_BYTES = 24
const REQUEST_BYTES = 28
/** What an integer takes beyond that where it is a large one. */
const LARGE_INTEGER_BYTES = 128

/**
 * What a replica lacks that has the version vector `theirs`, and above it the intervals `closed`.
 *
 * Newest first. Each part of an interval but the last claims nothing (`to === from`), since a slot keeps
 * only its last seq: half an interval is not the state at any earlier seq, and the receiver's vector
 * may move only once all of it came. What came till then is a closed interval, see there. A floor goes
 * with the first part: the slots of all are as it left them.
 *
 * @param mayHandOn whose slots may be sent
 * @param unsent a delta less what it need not bring again
 * @param messageBytes aimed at
 */
export function* missing(
  counter: DistributedKeyCounter,
  theirs: VersionVector,
  mayHandOn: (replica: string) => boolean,
  closed: readonly ClosedInterval[] = [],
  unsent: (delta: KeyedDelta) => KeyedDelta = (delta) => delta,
  messageBytes: number = MOST_BYTES,
): Generator<readonly KeyedDelta[]> {
  let message: KeyedDelta[] = []
  let room = messageBytes
  // One replica's slots at a time are copied. Each part of what is sent stands at its own moment.
  for (const replica of counter.replicas().filter(mayHandOn)) {
    const delta = unsent(lacking(counter.deltaSince(replica, theirs.get(replica) ?? 0), closed))
    const hasNews = delta.units.length > 0 || delta.floor !== undefined
    if (!hasNews && delta.to === delta.from) continue
    for (const part of parts(delta, () => room)) {
      message.push(part)
      room -= part.units.reduce((sum, unit) => sum + weigh(unit, part.from), floorBytes(part))
      if (room > 0) continue
      yield message
      message = []
      room = messageBytes
    }
  }
  if (message.length > 0) yield message
}

/** A delta less the slots that lie in closed intervals. */
const lacking = (delta: KeyedDelta, closed: readonly ClosedInterval[]): KeyedDelta => {
  const own = closed.filter(({ replica }) => replica === delta.replica)
  if (own.length === 0) return delta
  const units = delta.units.filter(
    ({ seq }) => !own.some(({ from, to }) => from < seq && seq <= to),
  )
  return { ...delta, units }
}

function* parts(delta: KeyedDelta, room: () => number): Generator<KeyedDelta> {
  const { floor, ...rest } = delta
  const { from, units } = rest
  let end = units.length
  // What the next part begins with.
  let head: Pick<KeyedDelta, 'floor'> = floor === undefined ? {} : { floor }
  while (true) {
    let start = end
    for (let left = room() - floorBytes(head); start > 0 && left > 0; start--)
      left -= weigh(units[start - 1]!, from)
    const part = units.slice(start, end)
    if (start === 0) return yield { ...rest, ...head, units: part }
    yield { ...rest, ...head, to: from, units: part }
    head = {}
    end = start
  }
}

const floorBytes = ({ floor }: Pick<KeyedDelta, 'floor'>): number =>
  floor === undefined ? 0 : weighFloor(floor)

/** About how many bytes a unit takes. */
export const weigh = (unit: KeyedUnit, from: number): number => {
  let bytes = UNIT_BYTES + beyondSmall(unit.total)
  if (unit.first > from) bytes += utf8Length(unit.key)
  for (const { amount } of unit.requests) bytes += REQUEST_BYTES + beyondSmall(amount)
  return bytes
}

const beyondSmall = (integer: Integer): number =>
  typeof integer === 'bigint' ? LARGE_INTEGER_BYTES : 0
