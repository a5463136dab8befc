// The seal of every record: CRC-32C over its id and payload, in the last four bytes.
//
// The id is covered too, so that a record that an engine hands out under another id is noticed.
// CRC-32C notices every burst of up to 32 bits, and every error of up to five bits in up to 655
// bytes (Koopman, "32-Bit Cyclic Redundancy Codes for Internet Applications", DSN 2002).
import { ByteWriter } from '@tallymesh/core'
import crc32c from 'crc-32/crc32c.js'

/** Bytes of a seal. */
const SEAL_BYTES = 4

/** Up to so many bytes, one by one is as fast as the library, which looks at sixteen at a time. */
const FEW_BYTES = 64
/** The library's own table, which its types leave out. */
const { table } = crc32c as typeof crc32c & { readonly table: Int32Array }

/** Of the id and the first bytes of the rest, unsigned. The id is ASCII, so its chars are its bytes. */
const checksum = (id: string, bytes: Uint8Array, end: number): number => {
  if (end > FEW_BYTES) return crc32c.buf(bytes.subarray(0, end), crc32c.bstr(id)) >>> 0
  let crc = -1
  for (let i = 0; i < id.length; i++) crc = (crc >>> 8) ^ table[(crc ^ id.charCodeAt(i)) & 0xff]!
  for (let i = 0; i < end; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 0xff]!
  return ~crc >>> 0
}

/** What the checksum of anything with its own checksum behind it, lowest byte first, comes to. */
const RESIDUE = 0x48674bc7

/** What was written, with its seal. */
export const sealed = (id: string, writer: ByteWriter): Uint8Array => {
  const bytes = writer.finish(SEAL_BYTES)
  const end = bytes.length - SEAL_BYTES
  const sum = checksum(id, bytes, end)
  for (let i = 0; i < SEAL_BYTES; i++) bytes[end + i] = sum >>> (8 * i)
  return bytes
}

/** The payload with its seal. */
export const seal = (id: string, payload: Uint8Array): Uint8Array => {
  const writer = new ByteWriter(payload.length)
  writer.bytes(payload)
  return sealed(id, writer)
}

/** Where the payload ends; -1 where the seal does not fit the id and the bytes. */
export const payloadEnd = (id: string, sealed: Uint8Array): number =>
  sealed.length >= SEAL_BYTES && checksum(id, sealed, sealed.length) === RESIDUE
    ? sealed.length - SEAL_BYTES
    : -1

/** A view of the payload, or nothing where the seal does not fit the id and the bytes. */
export const unseal = (id: string, sealed: Uint8Array): Uint8Array | undefined => {
  const end = payloadEnd(id, sealed)
  return end === -1 ? undefined : sealed.subarray(0, end)
}
