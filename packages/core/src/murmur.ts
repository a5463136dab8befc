// MurmurHash3_x86_128 (Austin Appleby, public domain), of which the first 64 bits are used.

/** The longest input: a slot with a total of 1,024 bits is the longest thing hashed but for a key. */
const MAX_BYTES = 528

/** Put the input here, from the start, and say how long it is. Little-endian, as all platforms are. */
export const hashInput: Uint8Array<ArrayBuffer> = new Uint8Array(MAX_BYTES)
const words = new Uint32Array(hashInput.buffer)

/** The low and the high half of a 64-bit hash, each 32 bits, unsigned. */
export interface Hash64 {
  readonly low: number
  readonly high: number
}

/** The neutral element of sums. */
export const ZERO: Hash64 = { low: 0, high: 0 }

/** Lane by lane: the sum of a multiset's hashes is the same in whatever order they are added. */
export const plus = (a: Hash64, b: Hash64): Hash64 => ({
  low: (a.low + b.low) >>> 0,
  high: (a.high + b.high) >>> 0,
})

/** Takes `b` out of the sum `a`. */
export const minus = (a: Hash64, b: Hash64): Hash64 => ({
  low: (a.low - b.low) >>> 0,
  high: (a.high - b.high) >>> 0,
})

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

const finish = (x: number): number => {
  let h = x ^ (x >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Spreads 32 bits over 32 bits, one to one. */
export const spread: (x: number) => number = finish

/** The hash of the first `length` bytes of `hashInput`. */
export const hashOfInput = (length: number): Hash64 => {
  hashInput.fill(0, length, (length + 15) & ~15)
  let [h1, h2, h3, h4] = [0, 0, 0, 0]
  const last = length >>> 4
  for (let block = 0; block <= last; block++) {
    const at = block * 4
    const k1 = Math.imul(rotate(Math.imul(words[at]!, 0x239b961b), 15), 0xab0e9789)
    const k2 = Math.imul(rotate(Math.imul(words[at + 1]!, 0xab0e9789), 16), 0x38b34ae5)
    const k3 = Math.imul(rotate(Math.imul(words[at + 2]!, 0x38b34ae5), 17), 0xa1e38b93)
    const k4 = Math.imul(rotate(Math.imul(words[at + 3]!, 0xa1e38b93), 18), 0x239b961b)
    if (block === last) {
      // The tail, which zeros fill up: they hash to nothing here.
      if ((length & 15) > 0) [h1, h2, h3, h4] = [h1 ^ k1, h2 ^ k2, h3 ^ k3, h4 ^ k4]
      break
    }
    h1 = (Math.imul(rotate(h1 ^ k1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 = (Math.imul(rotate(h2 ^ k2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 = (Math.imul(rotate(h3 ^ k3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 = (Math.imul(rotate(h4 ^ k4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  const [f2, f3, f4] = [finish((h2 + h1) | 0), finish((h3 + h1) | 0), finish((h4 + h1) | 0)]
  const low = (finish(h1) + f2 + f3 + f4) | 0
  return { low: low >>> 0, high: (f2 + low) >>> 0 }
}
