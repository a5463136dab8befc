// How long to wait before the next try to reach a peer.

/** Milliseconds. */
export interface BackOff {
  /** After the first failure. */
  readonly firstMs: number
  /** However many there were. */
  readonly longestMs: number
}

/**
 * Doubles with every failure, and takes between half and all of that: those who lost the same peer do
 * not come back in step.
 */
export const backOffMs = (
  { firstMs, longestMs }: BackOff,
  failures: number,
  random: () => number,
): number => {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1))
  return whole * (0.5 + random() / 2)
}
