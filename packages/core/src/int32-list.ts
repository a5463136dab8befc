// A list of 32-bit numbers in a typed array: four bytes each, where a plain array takes eight and more.

export class Int32List {
  #values = new Int32Array(16)
  #length = 0

  get length(): number {
    return this.#length
  }

  get(at: number): number {
    return this.#values[at]!
  }

  set(at: number, value: number): void {
    this.#values[at] = value
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.reserve(this.#length + 1)
    this.#values[this.#length++] = value
  }

  /** Room for `length`, with an eighth to spare: each growth copies all. */
  reserve(length: number): void {
    if (length <= this.#values.length) return
    const grown = new Int32Array(length + (length >> 3) + 16)
    grown.set(this.#values.subarray(0, this.#length))
    this.#values = grown
  }

  /** A copy of what stands from `start` on. */
  from(start: number): number[] {
    return Array.from(this.#values.subarray(start, this.#length))
  }

  /** Leaves out all from `length` on. */
  truncate(length: number): void {
    this.#length = length
    if (length * 2 < this.#values.length) this.#values = this.#values.slice(0, length + 16)
  }

  /** Leaves out the first `count`. */
  shift(count: number): void {
    this.#values.copyWithin(0, count, this.#length)
    this.#length -= count
  }

  /** Takes one out, and moves those behind it. */
  remove(at: number): void {
    this.#values.copyWithin(at, at + 1, this.#length--)
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let at = 0; at < this.#length; at++) yield this.#values[at]!
  }
}
