// A delta under its owner's signature: what anyone may hand on.
import {
  ByteReader,
  ByteWriter,
  malformed,
  noKeys,
  readDelta,
  writeDelta,
  type Delta,
  type KeyedDelta,
} from '@tallymesh/core'
import { peerOf } from './handing-on.ts'

/** The longest signature that libp2p's keys make: RSA with 4,096 bits. */
const MAX_SIGNATURE_BYTES = 512
/** What is signed begins with this, so that it can be taken for nothing else. */
const PREFIX = 'tallymesh-delta/1/'

/** A closed delta as its owner wrote and signed it. */
export interface SignedDelta {
  /** With the replica's id in it. */
  readonly bytes: Uint8Array
  /** By the key of the peer that the replica belongs to, over `signedBytes`. */
  readonly signature: Uint8Array
}

/** What the owner signs: a purpose, the namespace, and the delta. */
const signedBytes = (namespace: string, delta: Uint8Array): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter()
  writer.string(PREFIX)
  writer.string(namespace)
  writer.bytes(delta)
  return writer.finish()
}

/**
 * Signs a delta, so that others may hand it on.
 *
 * @param sign with the private key of the peer that `delta.replica` belongs to
 */
export const signDelta = async (
  sign: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array,
  namespace: string,
  delta: KeyedDelta,
): Promise<SignedDelta> => {
  const writer = new ByteWriter()
  writeDelta(writer, delta.replica, delta, noKeys())
  const bytes = writer.finish()
  return { bytes, signature: await sign(signedBytes(namespace, bytes)) }
}

/**
 * The delta under a signature, once that was checked.
 *
 * @param verify whether a signature is a peer's
 * @throws {TallymeshError} `ERR_MALFORMED` for bytes that are no delta, or a signature that is not its
 *   owner's
 */
export const openSigned = async (
  verify: (peer: string, bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>,
  namespace: string,
  { bytes, signature }: SignedDelta,
): Promise<Delta> => {
  const delta = readSigned(bytes)
  if (await verify(peerOf(delta.replica), signedBytes(namespace, bytes), signature)) return delta
  throw malformed('a delta is not signed by its owner')
}

/** The delta in signed bytes, its signature not looked at: of one's own making. */
export const readSigned = (bytes: Uint8Array): Delta => {
  const reader = new ByteReader(bytes)
  const delta = readDelta(reader, named, noKeys())
  reader.end()
  return delta
}

const named = (replica: string | undefined): string => {
  if (replica === undefined || replica === '') throw malformed('a signed delta names its replica')
  return replica
}

export const writeSigned = (writer: ByteWriter, deltas: readonly SignedDelta[]): void => {
  writer.varint(deltas.length)
  for (const { bytes, signature } of deltas)
    for (const part of [bytes, signature]) {
      writer.varint(part.length)
      writer.bytes(part)
    }
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const readSignedList = (reader: ByteReader): SignedDelta[] => {
  const deltas: SignedDelta[] = []
  for (let left = reader.count(); left > 0; left--) {
    const bytes = reader.bytes(reader.varint())
    const length = reader.varint()
    if (length > MAX_SIGNATURE_BYTES) throw malformed('a signature is too long')
    deltas.push({ bytes, signature: reader.bytes(length) })
  }
  return deltas
}
