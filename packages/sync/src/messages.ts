// The messages of an exchange, and their bytes. docs/protocol.md describes the same.
import {
  DIGEST_BYTES,
  ByteReader,
  ByteWriter,
  decodeState,
  encodeState,
  LIMITS,
  malformed,
  type Delta,
  type KeyedDelta,
  type VersionVector,
} from '@tallymesh/core'

/** A message as it is sent. */
export type Message =
  /** The asker's first: what my whole state comes to. */
  | { readonly type: 'digest'; readonly digest: Uint8Array }
  /** The answer where the digests are equal. */
  | { readonly type: 'same' }
  /** The answer of a peer with too much to do; ask later. */
  | { readonly type: 'busy' }
  /** What I hold: send me what I lack. */
  | { readonly type: 'version'; readonly version: VersionVector }
  /** Deltas that the receiver lacks. */
  | { readonly type: 'slots'; readonly deltas: readonly KeyedDelta[] }

/** A message as it is received: its deltas have short names. */
export type Received =
  | Exclude<Message, { type: 'slots' }>
  | { readonly type: 'slots'; readonly deltas: readonly Delta[] }

const CODES = { digest: 1, same: 2, busy: 3, version: 4, slots: 5 } as const

export const encodeMessage = (message: Message): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter()
  writer.byte(CODES[message.type])
  switch (message.type) {
    case 'digest':
      writer.bytes(message.digest)
      break
    case 'version':
      writeVersion(writer, message.version)
      break
    case 'slots':
      writer.bytes(encodeState(message.deltas))
      break
  }
  return writer.finish()
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const decodeMessage = (bytes: Uint8Array): Received => {
  const reader = new ByteReader(bytes)
  const message = readMessage(reader)
  reader.end()
  return message
}

const readMessage = (reader: ByteReader): Received => {
  const code = reader.byte()
  switch (code) {
    case CODES.digest:
      return { type: 'digest', digest: reader.bytes(DIGEST_BYTES) }
    case CODES.same:
      return { type: 'same' }
    case CODES.busy:
      return { type: 'busy' }
    case CODES.version:
      return { type: 'version', version: readVersion(reader) }
    case CODES.slots:
      return { type: 'slots', deltas: decodeState(reader.bytes(reader.left)) }
    default:
      throw malformed(`message type ${code} is not known`)
  }
}

const writeVersion = (writer: ByteWriter, version: VersionVector): void => {
  writer.varint(version.size)
  for (const [replica, seq] of version) {
    writer.string(replica)
    writer.varint(seq)
  }
}

const readVersion = (reader: ByteReader): VersionVector => {
  const version = new Map<string, number>()
  const count = reader.count()
  for (let i = 0; i < count; i++) {
    const replica = reader.string(LIMITS.replicaBytes)
    const seq = reader.varint()
    if (replica === '' || seq === 0 || version.has(replica))
      throw malformed('a version vector names a replica twice, or for nothing')
    version.set(replica, seq)
  }
  return version
}
