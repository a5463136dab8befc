// Whether a value that was read can be right.
import { countIn, digitsIn, doubledIn } from './digits.ts'
import type { CountedKey, Increment } from './ledger.ts'

/** A counter as a peer or a tab tells it. */
export interface Reading {
  readonly value: bigint
  /** Left out where it is not only of increments that are told apart. */
  readonly ops?: number | undefined
}

/** A promise that was broken, in words. */
export class Violation extends Error {}

/** Increments named in one message: they are mostly of one kind. */
const MOST_NAMED = 5

const describe = ({ digit, requestId, outcome }: Increment): string =>
  `4^${digit} (${outcome}${requestId === undefined ? '' : `, request ${requestId}`})`

const namesOf = (counter: CountedKey, mask: bigint): string => {
  const digits = digitsIn(mask)
  const named = digits.slice(0, MOST_NAMED).map((digit) => {
    const increment = counter.increments[digit]
    return increment === undefined ? `4^${digit} (nobody sent it)` : describe(increment)
  })
  const more = digits.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The value as a mask of units: each increment that it holds. */
export const magnitudeOf = (counter: CountedKey, { value }: Reading): bigint => value * counter.sign

/**
 * What is wrong with a reading, if anything. All of it in `must` has to be there, and nothing that is
 * not in the key's own `may`: so the sum is between what was acknowledged and that with what was sent
 * and not answered, and more than that.
 */
export const problemOf = (
  counter: CountedKey,
  reading: Reading,
  must: bigint,
): string | undefined => {
  const magnitude = magnitudeOf(counter, reading)
  if (magnitude < 0n) return `its value has the wrong sign: ${reading.value}`
  const doubled = doubledIn(magnitude)
  if (doubled !== 0n) return `counted more than once: ${namesOf(counter, doubled)}`
  const lost = must & ~magnitude
  if (lost !== 0n) return `lost: ${namesOf(counter, lost)}`
  const foreign = magnitude & ~counter.may
  if (foreign !== 0n) return `counted, and must not be: ${namesOf(counter, foreign)}`
  const count = countIn(magnitude)
  if (reading.ops !== undefined && reading.ops !== count)
    return `ops is ${reading.ops}, but its value holds ${count} increments`
  return undefined
}
