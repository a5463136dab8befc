// Choosing what to send: what a peer lacks, in messages of bounded size. No transport in here.
import {
  utf8Length,
  type DistributedKeyCounter,
  type KeyedDelta,
  type KeyedUnit,
  type VersionVector,
} from '@tallymesh/core'

/** Aimed-at bytes of a message: large enough to carry its overhead, small enough to wait behind. */
const MESSAGE_BYTES = 48 * 1024
/** A slot with its numbers, and a request record, at their longest in practice. */
const UNIT_BYTES = 24
const REQUEST_BYTES = 28

/**
 * What a replica with the version vector `theirs` lacks.
 *
 * @param mayHandOn whose slots may be sent
 *
 * Each part of an interval but the last claims nothing (`to === from`), since a slot keeps only its last
 * seq: half an interval is not the state at any earlier seq, and the receiver's vector may move only
 * once all of it came.
 */
export function* missing(
  counter: DistributedKeyCounter,
  theirs: VersionVector,
  mayHandOn: (replica: string) => boolean,
): Generator<readonly KeyedDelta[]> {
  let message: KeyedDelta[] = []
  let room = MESSAGE_BYTES
  for (const delta of counter.state(theirs)) {
    if (!mayHandOn(delta.replica)) continue
    for (const part of parts(delta, () => room)) {
      message.push(part)
      room -= part.units.reduce((sum, unit) => sum + weigh(unit, part.from), 0)
      if (room > 0) continue
      yield message
      message = []
      room = MESSAGE_BYTES
    }
  }
  if (message.length > 0) yield message
}

function* parts(delta: KeyedDelta, room: () => number): Generator<KeyedDelta> {
  const { from, units } = delta
  let start = 0
  while (true) {
    let end = start
    for (let left = room(); end < units.length && left > 0; end++) left -= weigh(units[end]!, from)
    const part = units.slice(start, end)
    if (end === units.length) return yield { ...delta, units: part }
    yield { ...delta, to: from, units: part }
    start = end
  }
}

/** About how many bytes a unit takes. */
export const weigh = (unit: KeyedUnit, from: number): number =>
  UNIT_BYTES + (unit.first > from ? utf8Length(unit.key) : 0) + REQUEST_BYTES * unit.requests.length
