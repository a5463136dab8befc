// Values that tell for every single increment how often it counted: each is a digit of its own in base 4.
//
// A sum of one-sided amounts says only that something is missing, or too much; and one lost increment
// beside one doubled one would hide each other. The amounts 4^0, 4^1, 4^2 … of one key can't: a digit
// of its value is 0, 1 or 2 where that increment counted never, once or twice.

/** Increments that one key takes: 2 · 4^500 still fits the 1,024 bits of a total. */
export const DIGITS = 500

export const unitOf = (digit: number): bigint => 1n << BigInt(2 * digit)

const ONES = (unitOf(DIGITS) - 1n) / 3n
const TWOS = ONES << 1n

/** The digits that are 2 or 3, as a mask of units. */
export const doubledIn = (magnitude: bigint): bigint => (magnitude & TWOS) >> 1n

/** The positions of the digits in a mask of units. */
export const digitsIn = (mask: bigint): number[] => {
  const found: number[] = []
  let rest = mask
  for (let digit = 0; rest > 0n; digit++, rest >>= 2n) if ((rest & 3n) !== 0n) found.push(digit)
  return found
}

/** How many increments a value without doubled digits is made of. */
export const countIn = (mask: bigint): number => mask.toString(2).replaceAll('0', '').length
