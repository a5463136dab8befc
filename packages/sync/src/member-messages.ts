// The messages on a line to a member, and their bytes. docs/protocol.md describes the same.
import { ByteReader, ByteWriter, LIMITS, malformed } from '@tallymesh/core'

/** Bytes of the random name that a process gives itself. */
export const INSTANCE_BYTES = 16

export type MemberMessage =
  /** I write under `epoch`, or will once that is proven. Do you know more of it than I do? */
  | { readonly type: 'hello'; readonly instance: string; readonly epoch: string }
  /** The answer to a hello. */
  | {
      readonly type: 'known'
      /** The highest operation number that this member has heard of; 0 for none. */
      readonly seq: number
      /** Another living process writes under it. */
      readonly isHeld: boolean
    }
  /** Are you there? */
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }

const CODES = { hello: 1, known: 2, ping: 3, pong: 4 } as const

export const encodeMemberMessage = (message: MemberMessage): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter()
  writer.byte(CODES[message.type])
  if (message.type === 'hello') {
    for (let i = 0; i < INSTANCE_BYTES; i++) writer.byte(message.instance.charCodeAt(i))
    writer.string(message.epoch)
  } else if (message.type === 'known') {
    writer.varint(message.seq)
    writer.byte(message.isHeld ? 1 : 0)
  }
  return writer.finish()
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const decodeMemberMessage = (bytes: Uint8Array): MemberMessage => {
  const reader = new ByteReader(bytes)
  const message = readMessage(reader)
  reader.end()
  return message
}

const readMessage = (reader: ByteReader): MemberMessage => {
  const code = reader.byte()
  switch (code) {
    case CODES.hello: {
      const instance = String.fromCharCode(...reader.bytes(INSTANCE_BYTES))
      const epoch = reader.string(LIMITS.replicaBytes)
      if (epoch === '') throw malformed('a hello names no epoch')
      return { type: 'hello', instance, epoch }
    }
    case CODES.known: {
      const seq = reader.varint()
      const held = reader.byte()
      if (seq > LIMITS.seq || held > 1) throw malformed('a member’s word is none')
      return { type: 'known', seq, isHeld: held === 1 }
    }
    case CODES.ping:
      return { type: 'ping' }
    case CODES.pong:
      return { type: 'pong' }
    default:
      throw malformed(`message type ${code} is not known`)
  }
}
