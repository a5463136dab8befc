// What every store refuses before it touches its engine.
import { TallymeshError } from '@tallymesh/core'
import type { StoreBatch } from './store.ts'

/** The longest record id, in chars. */
const MAX_ID_CHARS = 64

const PRINTABLE_ASCII = /^[\x21-\x7e]+$/

/**
 * Each id may appear once in a batch: engines differ in which of two operations on one id wins.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT`
 */
export const checkBatch = (batch: StoreBatch): void => {
  const seen = new Set<string>()
  for (const { id } of batch.put) checkId(id, seen)
  for (const id of batch.delete) checkId(id, seen)
}

const checkId = (id: string, seen: Set<string>): void => {
  if (id.length > MAX_ID_CHARS || !PRINTABLE_ASCII.test(id))
    throw new TallymeshError(
      'ERR_INVALID_ARGUMENT',
      `a record id is 1 to ${MAX_ID_CHARS} printable ASCII chars; got ${JSON.stringify(id.slice(0, 80))}`,
    )
  if (seen.has(id))
    throw new TallymeshError(
      'ERR_INVALID_ARGUMENT',
      `the record ${id} appears twice in one batch; put it or delete it, once`,
    )
  seen.add(id)
}
