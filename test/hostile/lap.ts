// How an attack went, for people.
import type { SiegeLap } from './siege.ts'

export const describeLap = (lap: SiegeLap): string => {
  const { attack, goes, ids, perSecond, p50, p99, failures, peakBytes } = lap
  return [
    attack.padEnd(20),
    `${Math.round(perSecond)} honest increments a second`,
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    `${failures.length} failed`,
    `${goes} goes by ${ids} ids`,
    `at most ${Math.round(peakBytes / 1e6)} MB`,
  ].join(', ')
}
