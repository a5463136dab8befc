// A gossipsub RPC with one message, byte by byte: with any author and any signature.
import { peerIdFromString } from '@libp2p/peer-id'
import { TOPIC } from './attacker.ts'

export interface RawMessage {
  readonly from: string
  readonly data: Uint8Array
  /** 8 bytes. */
  readonly seqno: Uint8Array
  readonly signature: Uint8Array
}

/** Fields 1 to 5 of the message, in field 2 of the RPC, with its length before it. */
export const rpcOf = ({ from, data, seqno, signature }: RawMessage): Uint8Array => {
  const message = Buffer.concat([
    field(1, peerIdFromString(from).toMultihash().bytes),
    field(2, data),
    field(3, seqno),
    field(4, Buffer.from(TOPIC)),
    field(5, signature),
  ])
  const rpc = field(2, message)
  return Buffer.concat([varint(rpc.length), rpc])
}

/** A field of a protobuf message that has a length. */
const field = (number: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])

const varint = (value: number): Uint8Array => {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return Uint8Array.from([...bytes, value])
}
