// Progress, or a violation.
import { setTimeout as pause } from 'node:timers/promises'
import { Violation } from './checker.ts'

/** Peers that run acknowledge something within this. */
const PROGRESS_MS = 60_000

/** @throws {Violation} unless what is awaited comes in time, or the run is over */
export const inTime = async (progress: Promise<void>, over: AbortSignal): Promise<void> => {
  const done = new AbortController()
  const signal = AbortSignal.any([done.signal, over])
  const late = pause(PROGRESS_MS, undefined, { signal }).then(() => {
    throw new Violation(`nothing was acknowledged for ${PROGRESS_MS} ms, though peers run`)
  })
  await Promise.race([progress, late]).finally(() => done.abort())
}
