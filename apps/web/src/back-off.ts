// How long to wait before the next attempt to reach a peer.

/** First wait: a peer that restarts is back in about a second. */
export const firstWaitMs = 300
/** Longest wait while somebody looks at the page: they should not have to reload it. */
export const longestWaitMs = 5_000
/** Longest wait of a hidden tab, which nobody waits for. */
export const longestHiddenWaitMs = 60_000

/**
 * The wait after `failures` attempts in a row, doubled each time. The upper half is random, so that
 * tabs that lost the same peer do not come back in one wave.
 */
export function backOffMs(failures: number, hidden: boolean, random: () => number): number {
  const longest = hidden ? longestHiddenWaitMs : longestWaitMs
  const wait = Math.min(longest, firstWaitMs * 2 ** Math.min(failures - 1, 20))
  return wait * (0.5 + random() / 2)
}
