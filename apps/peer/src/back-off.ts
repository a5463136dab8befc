// How long to wait before the next try.

/** A peer that restarts is found again in a second; one that is away for long costs a dial every ten. */
export const BACK_OFF: Readonly<{ firstMs: number; longestMs: number }> = Object.freeze({
  firstMs: 500,
  longestMs: 10_000,
})

/**
 * Doubles with every failure, and takes between half and all of that: peers that lost the same
 * neighbour do not come back in step.
 */
export const backOffMs = (failures: number, random: () => number): number => {
  const { firstMs, longestMs } = BACK_OFF
  const whole = Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1))
  return whole / 2 + (random() * whole) / 2
}
