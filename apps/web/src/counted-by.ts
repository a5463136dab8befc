// Who counted how much: a counter's slots, as rows to be shown.
import type { Integer } from '@tallymesh/core'

/** What is needed of a slot. */
export interface SlotShare {
  readonly replica: string
  readonly total: Integer
  readonly ops: number
}

export interface Share {
  readonly replica: string
  readonly total: bigint
  readonly ops: number
  /** Of the largest share, 0 to 1, whatever its sign: the length of a bar. */
  readonly part: number
}

export interface CountedBy {
  readonly shares: readonly Share[]
  /** Replicas beyond those, and what they counted together. */
  readonly others: { readonly replicas: number; readonly total: bigint; readonly ops: number }
  /** What the shares have more than the value: requests that several replicas had counted. */
  readonly repeated: bigint
}

/** Rows that a person can take in. */
export const mostShares = 40

const magnitude = (total: bigint): bigint => (total < 0n ? -total : total)

/** Exact enough for a bar, at any size. */
const ratio = (total: bigint, most: bigint): number =>
  most === 0n ? 0 : Number((magnitude(total) * 1_000n) / most) / 1_000

/** Largest first, whatever the sign. */
export function countedBy(
  slots: readonly SlotShare[],
  value: bigint,
  most: number = mostShares,
): CountedBy {
  const all = slots
    .map(({ replica, total, ops }) => ({ replica, total: BigInt(total), ops }))
    .toSorted((a, b) => {
      const [first, second] = [magnitude(a.total), magnitude(b.total)]
      return first === second ? b.ops - a.ops : first > second ? -1 : 1
    })
  const largest = magnitude(all[0]?.total ?? 0n)
  const rest = all.slice(most)
  const sum = (shares: readonly { total: bigint }[]): bigint =>
    shares.reduce((total, share) => total + share.total, 0n)
  return {
    shares: all.slice(0, most).map((share) => ({ ...share, part: ratio(share.total, largest) })),
    others: {
      replicas: rest.length,
      total: sum(rest),
      ops: rest.reduce((ops, share) => ops + share.ops, 0),
    },
    repeated: sum(all) - value,
  }
}
