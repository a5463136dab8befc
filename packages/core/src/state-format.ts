// States, and parts of them, as bytes. docs/protocol.md, section "State", describes the same.
import { checkReplica } from './arguments.ts'
import { ByteReader, ByteWriter, malformed } from './bytes.ts'
import { noKeys, readDelta, writeDelta } from './delta-format.ts'
import type { Delta, WritableDelta } from './delta.ts'
import { TallymeshError } from './errors.ts'

/** The first byte: a reader that does not know it refuses. */
const FORMAT = 1

/** The buffer is kept from one message to the next, unless it grew past this. */
const KEPT_BYTES = 1 << 16
/** What a slot takes, about, where its key is short. */
const SLOT_BYTES = 24
let writer = new ByteWriter(KEPT_BYTES)

/** Writes deltas of any replicas; a key that several of them carry stands there once. */
export const encodeState = (deltas: readonly WritableDelta[]): Uint8Array<ArrayBuffer> => {
  const keys = noKeys()
  let expected = 0
  for (const delta of deltas) expected += delta.units.length * SLOT_BYTES
  writer.reset(expected)
  writer.byte(FORMAT)
  writer.varint(deltas.length)
  for (const delta of deltas) writeDelta(writer, delta.replica, delta, keys)
  const bytes = writer.finish()
  if (Math.max(bytes.length, expected) > KEPT_BYTES) writer = new ByteWriter(KEPT_BYTES)
  return bytes
}

/**
 * Reads what `encodeState` wrote, and checks it.
 *
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const decodeState = (bytes: Uint8Array): Delta[] => {
  const reader = new ByteReader(bytes)
  const format = reader.byte()
  if (format !== FORMAT)
    throw malformed(`format ${format} is not known; this program reads format ${FORMAT}`)
  const keys = noKeys()
  const count = reader.count()
  const deltas = count === 0 ? [] : [readDelta(reader, namedReplica, keys)]
  while (deltas.length < count) deltas.push(readDelta(reader, namedReplica, keys))
  reader.end()
  if (deltas.length > 1 && new Set(deltas.map(({ replica }) => replica)).size < deltas.length)
    throw malformed('a replica stands twice')
  return deltas
}

const namedReplica = (name: string | undefined): string => {
  try {
    return checkReplica(name)
  } catch (cause) {
    throw new TallymeshError('ERR_MALFORMED', 'a delta names no replica', { cause })
  }
}
