// Reads numbers and texts out of LevelDB's files, and throws a RangeError past their end.

export class Cursor {
  readonly #bytes: Buffer
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new RangeError('a number is too long')
  }

  byte(): number {
    this.#need(1)
    return this.#bytes[this.at++]!
  }

  fixed32(): number {
    this.#need(4)
    this.at += 4
    return this.#bytes.readUInt32LE(this.at - 4)
  }

  /** Exact up to 2^53, which sequence numbers do not reach. */
  fixed64(): number {
    return this.fixed32() + this.fixed32() * 2 ** 32
  }

  /** A view. */
  bytes(length: number): Buffer {
    this.#need(length)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  /** What comes with its length before it. */
  counted(): Buffer {
    return this.bytes(this.varint())
  }

  #need(length: number): void {
    if (length > this.left) throw new RangeError(`${length} bytes expected; ${this.left} left`)
  }
}
