// What callers may pass in: each check throws an error that says what was wrong and what is allowed.
import { TallymeshError } from './errors.ts'
import { fitsTotal, toInteger, type Integer } from './integer.ts'
import { LIMITS } from './limits.ts'

const invalid = (message: string): never => {
  throw new TallymeshError('ERR_INVALID_ARGUMENT', message)
}

/** Whether a string has a surrogate without its other half: it has no UTF-8 form. */
const hasLoneSurrogate = (text: string): boolean => !text.isWellFormed()

/**
 * UTF-8 bytes of a well-formed string, without making them.
 */
export const utf8Length = (text: string): number => {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // A surrogate pair is two units and four bytes: two for each half.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

const checkText = (what: string, text: unknown, maxBytes: number): string => {
  const allowed = `${what} is a string of 1 to ${maxBytes} UTF-8 bytes`
  if (typeof text !== 'string') return invalid(`${allowed}; got ${describe(text)}`)
  if (text.length === 0) return invalid(`${allowed}; got an empty string`)
  // No UTF-8 text has fewer bytes than UTF-16 units: a huge string costs no scan.
  const bytes = text.length > maxBytes ? text.length : utf8Length(text)
  if (bytes > maxBytes)
    return invalid(`${allowed}; got ${text.length > maxBytes ? 'at least ' : ''}${bytes} bytes`)
  // Of as many bytes as units, it is ASCII.
  if (bytes > text.length && hasLoneSurrogate(text))
    return invalid(`${allowed}; got one with a lone surrogate, which has no UTF-8 form`)
  return text
}

const describe = (value: unknown): string => {
  if (value === null) return 'null'
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`
  return typeof value === 'object' ? 'an object' : typeof value
}

/** @throws {TallymeshError} `ERR_INVALID_ARGUMENT` unless `key` is 1 to 512 bytes of UTF-8. */
export const checkKey = (key: unknown): string => checkText('a key', key, LIMITS.keyBytes)

/** @throws {TallymeshError} `ERR_INVALID_ARGUMENT` unless `replica` is 1 to 128 bytes of UTF-8. */
export const checkReplica = (replica: unknown): string =>
  checkText('a replica id', replica, LIMITS.replicaBytes)

/** @throws {TallymeshError} `ERR_INVALID_ARGUMENT` unless `requestId` is 1 to 128 bytes of UTF-8. */
export const checkRequestId = (requestId: unknown): string =>
  checkText('a request id', requestId, LIMITS.requestIdBytes)

/**
 * An amount, in canonical form.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT` unless it is a safe integer or a bigint of at most
 *   1,024 bits.
 */
export const checkAmount = (amount: unknown): Integer => {
  if (typeof amount === 'number') {
    if (Number.isSafeInteger(amount)) return amount + 0 // -0 becomes 0
    return invalid(
      `an increment is a safe integer or a bigint; got ${amount}${Number.isInteger(amount) ? ', which may already have lost digits: pass a bigint' : ''}`,
    )
  }
  if (typeof amount !== 'bigint')
    return invalid(`an increment is a safe integer or a bigint; got ${describe(amount)}`)
  if (!fitsTotal(amount)) return invalid(`an increment has at most ${LIMITS.totalBits} bits`)
  return toInteger(amount)
}
