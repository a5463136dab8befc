// How tabs find each other: each tells on a topic under which addresses it can be dialled. No libp2p here.
import { ByteReader, ByteWriter, malformed } from '@tallymesh/core'

/** A tab has one address for each Node peer that relays to it, and few of those. */
const MAX_ADDRESSES = 8
/** A multiaddr as text: two peer ids, a host name, and some. */
const MAX_ADDRESS_BYTES = 512
/** The longest announcement, in bytes. */
export const MAX_ANNOUNCEMENT_BYTES: number = 4 + MAX_ADDRESSES * (MAX_ADDRESS_BYTES + 2)

/** The gossip topic of a namespace's tabs. Node peers subscribe too, since they are what passes it on. */
export const tabTopic = (namespace: string): string => `/tallymesh/1/${namespace}/tabs`

/** The addresses that fit an announcement, as multiaddrs in text. None says that the tab leaves. */
export const encodeTabAddresses = (addresses: readonly string[]): Uint8Array<ArrayBuffer> => {
  const fitting = addresses.filter(({ length }) => length <= MAX_ADDRESS_BYTES)
  const told = fitting.slice(0, MAX_ADDRESSES)
  const writer = new ByteWriter()
  writer.varint(told.length)
  for (const address of told) writer.string(address)
  return writer.finish()
}

/**
 * The addresses in an announcement. Each leads to its author by WebRTC.
 *
 * @param author the peer id that the envelope's signature proves
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const decodeTabAddresses = (author: string, bytes: Uint8Array): string[] => {
  if (bytes.byteLength > MAX_ANNOUNCEMENT_BYTES) throw malformed('an announcement is too long')
  const reader = new ByteReader(bytes)
  const count = reader.count()
  if (count > MAX_ADDRESSES) throw malformed('an announcement has too many addresses')
  const addresses = Array.from({ length: count }, () => reader.string(MAX_ADDRESS_BYTES))
  reader.end()
  if (addresses.every((address) => address.endsWith(`/webrtc/p2p/${author}`))) return addresses
  throw malformed('an announcement has an address that is not its author’s')
}
