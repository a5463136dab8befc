// The messages of an exchange, and their bytes. docs/protocol.md describes the same.
import {
  ByteReader,
  ByteWriter,
  decodeState,
  encodeState,
  LIMITS,
  malformed,
  type Delta,
  type Digest,
  type Hash64,
  type KeyedDelta,
  type VersionVector,
} from '@tallymesh/core'
import { MAX_CLOSED_INTERVALS, type ClosedInterval } from './closed-intervals.ts'
import { readTurn, writeTurn } from './descent-format.ts'
import type { DescentTurn } from './descent.ts'
import { readSignedList, writeSigned, type SignedDelta } from './signed-delta.ts'

/** A message as it is sent. */
export type Message =
  /** The asker's first: what my whole state comes to. */
  | { readonly type: 'digest'; readonly digest: Digest }
  /** The answer where the digests are equal. */
  | { readonly type: 'same'; readonly wallMs: number }
  /** The answer of a peer with too much to do; ask later. */
  | { readonly type: 'busy' }
  /** What I hold: send me what I lack. */
  | {
      readonly type: 'version'
      /** The sender's wall clock: milliseconds since 1970. */
      readonly wallMs: number
      readonly version: VersionVector
      /** Held above the version vector. */
      readonly closed: readonly ClosedInterval[]
    }
  /** Deltas that the receiver lacks. */
  | { readonly type: 'slots'; readonly deltas: readonly KeyedDelta[] }
  /** Deltas under their owners' signatures. */
  | { readonly type: 'signed'; readonly deltas: readonly SignedDelta[] }
  /** The answer where the vectors agree and the roots do not: a descent's salt, and its first turn. */
  | { readonly type: 'begin'; readonly salt: number; readonly turn: DescentTurn<KeyedDelta> }
  /** A further turn of it. */
  | { readonly type: 'descent'; readonly turn: DescentTurn<KeyedDelta> }

/** A message as it is received: its deltas have short names. */
export type Received =
  | Exclude<Message, { type: 'slots' | 'begin' | 'descent' }>
  | { readonly type: 'slots'; readonly deltas: readonly Delta[] }
  | { readonly type: 'begin'; readonly salt: number; readonly turn: DescentTurn }
  | { readonly type: 'descent'; readonly turn: DescentTurn }

const CODES = {
  digest: 1,
  same: 2,
  busy: 3,
  version: 4,
  slots: 5,
  descent: 6,
  signed: 7,
  begin: 8,
} as const

export const encodeMessage = (message: Message): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter()
  writer.byte(CODES[message.type])
  switch (message.type) {
    case 'digest':
      writeHash(writer, message.digest.root)
      writeHash(writer, message.digest.version)
      break
    case 'same':
      writer.varint(message.wallMs)
      break
    case 'version':
      writer.varint(message.wallMs)
      writeVersion(writer, message.version)
      if (message.closed.length > 0) writeClosed(writer, message.closed)
      break
    case 'slots':
      writer.bytes(encodeState(message.deltas))
      break
    case 'begin':
      writer.uint32(message.salt)
      writeTurn(writer, message.turn)
      break
    case 'descent':
      writeTurn(writer, message.turn)
      break
    case 'signed':
      writeSigned(writer, message.deltas)
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
      return {
        type: 'digest',
        digest: { root: readHash(reader), version: readHash(reader) },
      }
    case CODES.same:
      return { type: 'same', wallMs: reader.varint() }
    case CODES.busy:
      return { type: 'busy' }
    case CODES.version:
      return {
        type: 'version',
        wallMs: reader.varint(),
        version: readVersion(reader),
        closed: reader.left > 0 ? readClosed(reader) : [],
      }
    case CODES.slots:
      return { type: 'slots', deltas: decodeState(reader.bytes(reader.left)) }
    case CODES.begin:
      return { type: 'begin', salt: reader.uint32(), turn: readTurn(reader) }
    case CODES.descent:
      return { type: 'descent', turn: readTurn(reader) }
    case CODES.signed:
      return { type: 'signed', deltas: readSignedList(reader) }
    default:
      throw malformed(`message type ${code} is not known`)
  }
}

const writeHash = (writer: ByteWriter, { low, high }: Hash64): void => {
  writer.uint32(low)
  writer.uint32(high)
}

const readHash = (reader: ByteReader): Hash64 => ({ low: reader.uint32(), high: reader.uint32() })

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
    if (seq > LIMITS.seq) throw malformed('an operation number is past the last')
    version.set(replica, seq)
  }
  return version
}

const writeClosed = (writer: ByteWriter, closed: readonly ClosedInterval[]): void => {
  writer.varint(closed.length)
  for (const { replica, from, to } of closed) {
    writer.string(replica)
    writer.varint(from)
    writer.varint(to - from)
  }
}

const readClosed = (reader: ByteReader): ClosedInterval[] => {
  const count = reader.count()
  if (count === 0 || count > MAX_CLOSED_INTERVALS)
    throw malformed(`there are ${count} closed intervals; 1 to ${MAX_CLOSED_INTERVALS} are allowed`)
  return Array.from({ length: count }, () => {
    const replica = reader.string(LIMITS.replicaBytes)
    const from = reader.varint()
    const to = from + reader.varint()
    if (replica === '' || from === to || to > LIMITS.seq)
      throw malformed('a closed interval is empty, or past the last operation number')
    return { replica, from, to }
  })
}
