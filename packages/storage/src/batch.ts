// What every store refuses before it touches its engine.
import { TallymeshError } from '@tallymesh/core'
import type { StoreBatch } from './store.ts'

/** The longest record id, in chars. */
const MAX_ID_CHARS = 64

/** Those whose maker has seen to all of this. */
const inOrder = new WeakSet<StoreBatch>()

/**
 * A batch that need not be looked through once more, nor copied: its ids are made where it is made, each
 * once, and nobody changes its bytes.
 */
export const markInOrder = (batch: StoreBatch): StoreBatch => {
  inOrder.add(batch)
  return batch
}

export const isInOrder = (batch: StoreBatch): boolean => inOrder.has(batch)

/**
 * Each id may appear once in a batch: engines differ in which of two operations on one id wins.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT`
 */
export const checkBatch = (batch: StoreBatch): void => {
  if (inOrder.has(batch)) return
  const seen = new Set<string>()
  for (const { id } of batch.put) checkId(id, seen)
  for (const id of batch.delete) checkId(id, seen)
}

const checkId = (id: string, seen: Set<string>): void => {
  if (id.length > MAX_ID_CHARS || !isPrintable(id))
    throw new TallymeshError(
      'ERR_INVALID_ARGUMENT',
      `a record id is 1 to ${MAX_ID_CHARS} printable ASCII chars; got ${JSON.stringify(id.slice(0, 80))}`,
    )
  // By size: one look-up, where asking first takes two.
  const before = seen.size
  if (seen.add(id).size === before)
    throw new TallymeshError(
      'ERR_INVALID_ARGUMENT',
      `the record ${id} appears twice in one batch; put it or delete it, once`,
    )
}

/** By hand, since every record that is written comes by here. */
const isPrintable = (id: string): boolean => {
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i)
    if (unit < 0x21 || unit > 0x7e) return false
  }
  return id.length > 0
}
