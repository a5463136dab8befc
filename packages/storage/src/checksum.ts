// The seal of every record: CRC-32C over its id and payload, in the last four bytes.
//
// The id is covered too, so that a record that an engine hands out under another id is noticed.
// CRC-32C notices every burst of up to 32 bits, and every error of up to five bits in up to 655
// bytes (Koopman, "32-Bit Cyclic Redundancy Codes for Internet Applications", DSN 2002).
import crc32c from 'crc-32/crc32c.js'

/** Bytes of a seal. */
const SEAL_BYTES = 4
/** Up to so many, copying byte by byte takes less than a call of `set` does. */
const FEW_BYTES = 64

/** Unsigned. The id is ASCII, so its chars are its bytes. */
const checksum = (id: string, bytes: Uint8Array): number => crc32c.buf(bytes, crc32c.bstr(id)) >>> 0

/** What the checksum of anything with its own checksum behind it, lowest byte first, comes to. */
const RESIDUE = 0x48674bc7

/** The payload with its seal. */
export const seal = (id: string, payload: Uint8Array): Uint8Array => {
  const { length } = payload
  const sealed = new Uint8Array(length + SEAL_BYTES)
  if (length > FEW_BYTES) sealed.set(payload)
  else for (let i = 0; i < length; i++) sealed[i] = payload[i]!
  const sum = checksum(id, payload)
  for (let i = 0; i < SEAL_BYTES; i++) sealed[length + i] = sum >>> (8 * i)
  return sealed
}

/** Where the payload ends; -1 where the seal does not fit the id and the bytes. */
export const payloadEnd = (id: string, sealed: Uint8Array): number =>
  sealed.length >= SEAL_BYTES && checksum(id, sealed) === RESIDUE ? sealed.length - SEAL_BYTES : -1

/** A view of the payload, or nothing where the seal does not fit the id and the bytes. */
export const unseal = (id: string, sealed: Uint8Array): Uint8Array | undefined => {
  const end = payloadEnd(id, sealed)
  return end === -1 ? undefined : sealed.subarray(0, end)
}
