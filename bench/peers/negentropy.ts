// Negentropy, range-based set reconciliation: measured elsewhere, since no npm package of it is at hand.

/** Both ways, ids alone: the changed values are not even in it. By keys and changed ones, scattered. */
export const NEGENTROPY: readonly { keys: number; changed: number; bytes: number }[] = [
  { keys: 10_000, changed: 1, bytes: 1000 },
  { keys: 10_000, changed: 100, bytes: 38_500 },
  { keys: 100_000, changed: 1, bytes: 1700 },
  { keys: 100_000, changed: 100, bytes: 107_000 },
  { keys: 100_000, changed: 1000, bytes: 786_000 },
]
