// What callers hand in, checked before anything is sent.
import { invalid } from './errors.ts'

const KEY_BYTES = 512
const REQUEST_ID_BYTES = 128
/** Past 1,024 bits a peer refuses: this only keeps megabytes from being written out. */
const AMOUNT_LIMIT = 2n ** 1024n

const utf8 = new TextEncoder()

const checkText = (what: string, text: string, bytes: number): string => {
  const fits = typeof text === 'string' && text !== '' && text.length <= bytes
  if (fits && text.isWellFormed() && utf8.encode(text).length <= bytes) return text
  throw invalid(`${what} is a string of 1 to ${bytes} UTF-8 bytes, without lone surrogates`)
}

/** @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT` */
export const checkKey = (key: string): string => checkText('a key', key, KEY_BYTES)

/** @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT` */
export const checkRequestId = (id: string): string =>
  checkText('a request id', id, REQUEST_ID_BYTES)

/**
 * The decimal digits of an amount, as they are sent.
 * @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT`; a number past 2^53 may have lost digits
 */
export const toDigits = (amount: number | bigint): string => {
  const isInteger = typeof amount === 'bigint' || Number.isSafeInteger(amount)
  if (isInteger && amount < AMOUNT_LIMIT && amount > -AMOUNT_LIMIT) return BigInt(amount).toString()
  throw invalid('an amount is a safe integer, or a bigint of at most 1,024 bits')
}

/** @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT` */
export const checkMs = (name: string, ms: number): number => {
  if (typeof ms === 'number' && ms >= 1 && ms < Infinity) return ms
  throw invalid(`${name} is a number of milliseconds, 1 or more`)
}
