// The checksums in LevelDB's files: CRC-32C, masked, since a checksum of checksums is a weak one.
import crc32c from 'crc-32/crc32c.js'

const MASK = 0xa282ead8

/** Whether `masked`, as it stands in a file, is the checksum of `bytes`. */
export const isSum = (masked: number, bytes: Uint8Array): boolean =>
  unmask(masked) === crc32c.buf(bytes) >>> 0

/** The checksum of one byte more. */
export const addByte = (sum: number, byte: Uint8Array): number => crc32c.buf(byte, sum)

export const unmask = (masked: number): number => {
  const turned = (masked - MASK) >>> 0
  return ((turned >>> 17) | (turned << 15)) >>> 0
}
