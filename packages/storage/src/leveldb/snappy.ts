// Blocks of stores that were written before compression was switched off (format_description.txt of Snappy).
import { Cursor } from './cursor.ts'

const LITERAL = 0
const COPY_OF_11_BITS = 1
const COPY_OF_16_BITS = 2

/** @throws {RangeError} */
export const decompress = (bytes: Uint8Array): Uint8Array => {
  const cursor = new Cursor(bytes)
  const length = cursor.varint()
  // Snappy makes 64 bytes out of 3 at most.
  if (length > 32 * bytes.length) throw new RangeError('a block claims to be too long')
  const out = new Uint8Array(length)
  let at = 0
  while (cursor.left > 0) {
    const tag = cursor.byte()
    if ((tag & 3) === LITERAL) {
      const literal = cursor.bytes(literalLength(tag >>> 2, cursor))
      out.set(literal, at)
      at += literal.length
    } else at = copy(out, at, readCopy(tag, cursor))
  }
  if (at !== length) throw new RangeError('a block is shorter than it claims')
  return out
}

const literalLength = (coded: number, cursor: Cursor): number =>
  1 + (coded < 60 ? coded : littleEndian(cursor.bytes(coded - 59)))

const littleEndian = (bytes: Uint8Array): number =>
  bytes.reduceRight((value, byte) => 256 * value + byte, 0)

const readCopy = (tag: number, cursor: Cursor): { back: number; length: number } => {
  if ((tag & 3) === COPY_OF_11_BITS)
    return { back: (tag >>> 5) * 256 + cursor.byte(), length: 4 + ((tag >>> 2) & 7) }
  const width = (tag & 3) === COPY_OF_16_BITS ? 2 : 4
  return { back: littleEndian(cursor.bytes(width)), length: 1 + (tag >>> 2) }
}

/** Byte by byte: a copy may reach into what it writes. */
const copy = (
  out: Uint8Array,
  start: number,
  { back, length }: { back: number; length: number },
): number => {
  if (back === 0 || back > start || start + length > out.length)
    throw new RangeError('a block copies from outside of itself')
  for (let at = start; at < start + length; at++) out[at] = out[at - back]!
  return start + length
}
