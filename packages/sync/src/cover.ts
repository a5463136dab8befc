// Records beside what is counted under a provisional epoch.
import {
  add,
  REQUEST_HASH_BYTES,
  type Integer,
  type RequestHash,
  type RequestRecord,
} from '@tallymesh/core'
import type { Random } from './clock.ts'

/** An increment whose arguments were checked. */
export interface CheckedIncrement {
  readonly key: string
  readonly amount: Integer
  readonly hash: RequestHash | undefined
}

/** Increments, and what they were recorded as. */
interface Counted {
  readonly increments: readonly CheckedIncrement[]
  readonly results: readonly { readonly seq: number; readonly duplicate: boolean }[]
}

/** A record, and the key that it belongs to. */
export interface Cover {
  readonly key: string
  readonly record: RequestRecord
}

/**
 * The records that go with one commit under a provisional epoch. A copy of the store (a backup, a
 * copied folder) may show the epoch to others after the original was folded into the id, or the other
 * way round; with the same record in both, what was counted counts once (DESIGN section 7).
 *
 * A copy holds a commit whole or not at all, so that one record a key is enough. Increments with a
 * request id have a record of their own.
 */
export const coverOf = (counted: readonly Counted[], random: Random): Cover[] => {
  const covers: Cover[] = []
  const sums = new Map<string, { amount: Integer; ops: number; seq: number }>()
  for (const { increments, results } of counted)
    increments.forEach(({ key, amount, hash }, i) => {
      const { seq, duplicate } = results[i]!
      if (hash !== undefined || duplicate) return
      // A sum of large ones could pass the limit of what a record holds.
      if (typeof amount === 'bigint')
        return void covers.push({ key, record: { hash: randomHash(random), amount, ops: 1, seq } })
      const sum = sums.get(key)
      sums.set(key, { amount: add(sum?.amount ?? 0, amount), ops: (sum?.ops ?? 0) + 1, seq })
    })
  for (const [key, sum] of sums) covers.push({ key, record: { hash: randomHash(random), ...sum } })
  return covers
}

const randomHash = (random: Random): RequestHash =>
  String.fromCharCode(
    ...Array.from({ length: REQUEST_HASH_BYTES }, () => Math.floor(random() * 256)),
  )
