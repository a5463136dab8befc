// Bytes in and out: LEB128 varints, exact integers, strings. Strict: one value has one encoding.
//
// Own code, since this is both the hot path and the door: of the libraries at hand, pbf reads past
// the end as zeros, lib0 hands out views past the end of a subarray, and protobuf's integers stop at
// 64 bits.
import { TallymeshError } from './errors.ts'
import { toInteger, type Integer } from './integer.ts'
import { LIMITS } from './limits.ts'

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Above this a doubled number is no longer safe, and the long form is used. */
const MAX_SHORT = 2 ** 52 - 1
/** The zigzag code of "-0", which no integer needs: it announces the long form. */
const LONG_FORM = 1
/** What the eighth byte of a varint counts for: 53 bits need no ninth. */
const MAX_SCALE = 2 ** 49
/** Of 53 bits. */
const MAX_VARINT_BYTES = 8
/** Up to so many, copying byte by byte takes less than a call of `slice` does. */
const FEW_BYTES = 64
const MAX_TOTAL_BYTES = LIMITS.totalBits / 8

/** Writes into one growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  /** @param capacity bytes to start with; it grows by doubling */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  #reserve(count: number): number {
    const start = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    return start
  }

  byte(value: number): void {
    // First the room, then the array: reserving may put another in its place.
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  /** 32 bits, lowest byte first. */
  uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff)
  }

  /** An unsigned safe integer: seven bits a byte, lowest first (LEB128). */
  varint(value: number): void {
    if (value < 0x80) return this.byte(value)
    let at = this.#reserve(MAX_VARINT_BYTES)
    const bytes = this.#bytes
    let rest = value
    // Bit operations work on 32 bits; past that, arithmetic.
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.#length = at
  }

  /**
   * A signed integer of any size. Short form, up to 52 bits: a varint of `2|n|`, plus 1 if negative.
   * Long form: the varint 1, a varint of twice the count of bytes, plus 1 if negative, and the
   * magnitude, highest byte first.
   */
  integer(value: Integer): void {
    if (typeof value === 'number' && value <= MAX_SHORT && value >= -MAX_SHORT)
      return this.varint(value < 0 ? -2 * value + 1 : 2 * value)
    const big = BigInt(value)
    const hex = (big < 0n ? -big : big).toString(16)
    const digits = hex.length % 2 === 0 ? hex : `0${hex}`
    this.varint(LONG_FORM)
    this.varint(digits.length + (big < 0n ? 1 : 0))
    for (let i = 0; i < digits.length; i += 2)
      this.byte(Number.parseInt(digits.slice(i, i + 2), 16))
  }

  /** A string: the varint of its UTF-8 length, then those bytes. */
  string(text: string): void {
    // Most keys are ASCII, and short: cheaper by hand than through the encoder.
    const start = this.#length
    this.varint(text.length)
    const at = this.#reserve(text.length)
    const bytes = this.#bytes
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) {
        this.#length = start
        const encoded = utf8Encoder.encode(text)
        this.varint(encoded.length)
        return this.bytes(encoded)
      }
      bytes[at + i] = unit
    }
  }

  /** Bytes as they are, with no length. */
  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /**
   * Starts anew, in the same buffer if it has room.
   *
   * @param expected bytes, about, that are to come: growing on the way would copy each of them once or twice
   */
  reset(expected = 0): void {
    this.#length = 0
    if (expected > this.#bytes.length) this.#bytes = new Uint8Array(expected)
  }

  /**
   * A copy of what was written.
   *
   * @param spare zeros to follow it
   */
  finish(spare = 0): Uint8Array<ArrayBuffer> {
    const length = this.#length
    const copy = new Uint8Array(length + spare)
    if (length > FEW_BYTES) copy.set(this.#bytes.subarray(0, length))
    else for (let i = 0; i < length; i++) copy[i] = this.#bytes[i]!
    return copy
  }
}

/** The error of everything that does not decode. */
export const malformed = (message: string): TallymeshError =>
  new TallymeshError('ERR_MALFORMED', message)

/** Reads what `ByteWriter` wrote. Every method throws `ERR_MALFORMED` on anything else. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at = 0

  /** @param end where to stop, short of the end of `bytes` */
  constructor(bytes: Uint8Array, end: number = bytes.length) {
    this.#bytes = bytes
    this.#end = end
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#end - this.#at
  }

  byte(): number {
    if (this.#at >= this.#end) throw malformed('the message ends too soon')
    return this.#bytes[this.#at++]!
  }

  uint32(): number {
    let value = 0
    for (let shift = 0; shift < 32; shift += 8) value |= this.byte() << shift
    return value >>> 0
  }

  varint(): number {
    let byte = this.byte()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = this.byte()
      value += (byte & 0x7f) * scale
      // The scale too: past 2^1023 a run of zeros would come to 0 * Infinity, which is over no limit.
      if (value > Number.MAX_SAFE_INTEGER || scale > MAX_SCALE)
        throw malformed('a number is past 2^53 - 1')
      scale *= 0x80
    } while (byte >= 0x80)
    if (byte === 0) throw malformed('a number is longer than it need be')
    return value
  }

  /** A varint that counts things still to be read, each of at least one byte. */
  count(): number {
    const count = this.varint()
    if (count > this.left) throw malformed('more is announced than the message can hold')
    return count
  }

  integer(): Integer {
    const code = this.varint()
    if (code === LONG_FORM) return this.#longInteger()
    const magnitude = Math.floor(code / 2)
    return code % 2 === 0 ? magnitude : -magnitude
  }

  #longInteger(): Integer {
    const code = this.varint()
    if (code > 2 * MAX_TOTAL_BYTES + 1) throw malformed('a total is past 1,024 bits')
    const bytes = this.bytes(code >>> 1)
    if (bytes.length === 0 || bytes[0] === 0) throw malformed('a number is longer than it need be')
    let hex = '0x'
    for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
    const magnitude = BigInt(hex)
    if (magnitude <= BigInt(MAX_SHORT)) throw malformed('a number is longer than it need be')
    return toInteger(code % 2 === 0 ? magnitude : -magnitude)
  }

  /** @param maxBytes the longest that is allowed, in UTF-8 bytes */
  string(maxBytes: number): string {
    const length = this.varint()
    if (length > maxBytes)
      throw malformed(`a string has ${length} bytes; at most ${maxBytes} are allowed`)
    const start = this.#take(length)
    if (length <= 32) {
      const text = asciiOf(this.#bytes, start, this.#at)
      if (text !== undefined) return text
    }
    try {
      return utf8Decoder.decode(this.#bytes.subarray(start, this.#at))
    } catch (cause) {
      throw new TallymeshError('ERR_MALFORMED', 'a string is not UTF-8', { cause })
    }
  }

  /**
   * A string that is one of a few, as a rule: the last one that ended like it is handed out once more,
   * where it is equal, and no other is made.
   *
   * @param met ASCII strings by their last char, kept by the caller
   */
  familiarString(maxBytes: number, met: string[]): string {
    const start = this.#at
    const length = this.varint()
    const last = length > this.left ? undefined : met[this.#bytes[this.#at + length - 1] ?? 0]
    if (last?.length === length && this.#isNext(last)) {
      this.#at += length
      return last
    }
    this.#at = start
    const text = this.string(maxBytes)
    // As many chars as bytes: it is ASCII.
    if (length > 0 && text.length === length) met[text.charCodeAt(length - 1)] = text
    return text
  }

  #isNext(ascii: string): boolean {
    for (let i = 0; i < ascii.length; i++)
      if (this.#bytes[this.#at + i] !== ascii.charCodeAt(i)) return false
    return true
  }

  /** A view of the next `count` bytes. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count)
    return this.#bytes.subarray(start, this.#at)
  }

  /** Where the next `count` bytes start, which are taken as read. */
  #take(count: number): number {
    if (count > this.left) throw malformed('the message ends too soon')
    const start = this.#at
    this.#at += count
    return start
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.left > 0) throw malformed(`${this.left} bytes are left over`)
  }
}

/**
 * Short ASCII is several times cheaper this way than through TextDecoder; and many chars at once than one. From
 * 13 chars on, what is put together of pieces is a rope, which is twice the work again when it is looked up.
 */
const asciiOf = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  for (let at = start; at < end; at++) if (bytes[at]! > 0x7f) return undefined
  let text = ''
  let at = start
  for (; at + 16 <= end; at += 16) text += charsOf16(bytes, at)
  for (; at + 8 <= end; at += 8) text += charsOf8(bytes, at)
  for (; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

const charsOf8 = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(
    bytes[at]!,
    bytes[at + 1]!,
    bytes[at + 2]!,
    bytes[at + 3]!,
    bytes[at + 4]!,
    bytes[at + 5]!,
    bytes[at + 6]!,
    bytes[at + 7]!,
  )

const charsOf16 = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(
    bytes[at]!,
    bytes[at + 1]!,
    bytes[at + 2]!,
    bytes[at + 3]!,
    bytes[at + 4]!,
    bytes[at + 5]!,
    bytes[at + 6]!,
    bytes[at + 7]!,
    bytes[at + 8]!,
    bytes[at + 9]!,
    bytes[at + 10]!,
    bytes[at + 11]!,
    bytes[at + 12]!,
    bytes[at + 13]!,
    bytes[at + 14]!,
    bytes[at + 15]!,
  )
