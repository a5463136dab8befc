// States, and parts of them, as bytes. docs/protocol.md, section "State", describes the same.
import { checkReplica } from './arguments.ts'
import { ByteReader, ByteWriter, malformed } from './bytes.ts'
import { noKeys, readDelta, writeDelta } from './delta-format.ts'
import type { Delta, KeyedDelta } from './delta.ts'
import { TallymeshError } from './errors.ts'

/** The first byte: a reader that does not know it refuses. */
const FORMAT = 1

/** Writes deltas of any replicas; a key that several of them carry stands there once. */
export const encodeState = (deltas: readonly KeyedDelta[]): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter(1024)
  const keys = noKeys()
  writer.byte(FORMAT)
  writer.varint(deltas.length)
  for (const delta of deltas) writeDelta(writer, delta.replica, delta, keys)
  return writer.finish()
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
  const deltas: Delta[] = []
  const replicas = new Set<string>()
  for (let left = reader.count(); left > 0; left--) {
    const delta = readDelta(reader, namedReplica, keys)
    if (replicas.has(delta.replica)) throw malformed('a replica stands twice')
    replicas.add(delta.replica)
    deltas.push(delta)
  }
  reader.end()
  return deltas
}

const namedReplica = (name: string | undefined): string => {
  try {
    return checkReplica(name)
  } catch (cause) {
    throw new TallymeshError('ERR_MALFORMED', 'a delta names no replica', { cause })
  }
}
