// Exact integers of any size: a plain number while it is safe, a bigint past that.
import { TallymeshError } from './errors.ts'
import { LIMITS } from './limits.ts'

/**
 * An exact integer. Canonical form: a number if and only if it is a safe integer, so that equal
 * integers are `===`.
 */
export type Integer = number | bigint

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER)
const TOTAL_BOUND = 1n << BigInt(LIMITS.totalBits)

/** The canonical form of `value`. */
export const toInteger = (value: bigint): Integer =>
  value >= MIN_SAFE && value <= MAX_SAFE ? Number(value) : value

/** As a bigint. One of 32 bits is made on the spot by V8, where any other number takes a call of 25 ns. */
export const toBigInt = (value: Integer): bigint => {
  if (typeof value !== 'number') return value
  return (value | 0) === value ? BigInt(value | 0) : BigInt(value)
}

/** `a + b`, exactly. */
export const add = (a: Integer, b: Integer): Integer => {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toInteger(BigInt(a) + BigInt(b))
}

/** `-a`, exactly, and never -0. */
export const negate = (a: Integer): Integer => (typeof a === 'number' ? 0 - a : toInteger(-a))

/** `a - b`, exactly. */
export const subtract = (a: Integer, b: Integer): Integer => add(a, negate(b))

/** Whether `value` fits the 1,024 bits that a total may have. */
export const fitsTotal = (value: Integer): boolean =>
  typeof value === 'number' || (value < TOTAL_BOUND && value > -TOTAL_BOUND)

/**
 * The total after an increment.
 *
 * @throws {TallymeshError} `ERR_TOTAL_LIMIT` past 1,024 bits; nothing has changed then.
 */
export const addToTotal = (total: Integer, amount: Integer): Integer => {
  const sum = add(total, amount)
  if (fitsTotal(sum)) return sum
  throw new TallymeshError(
    'ERR_TOTAL_LIMIT',
    `this increment would take the total past ${LIMITS.totalBits} bits; increment by less, or use another key`,
  )
}
