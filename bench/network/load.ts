// Callers inside a peer's process, at a steady rate or as fast as they are answered.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { keyOf, seededRandom } from '../../packages/sync/src/testing/replica-pair.ts'
import type { Markers } from './markers.ts'
import { sharedNow, type Subject } from './subject.ts'

export const KEYS = 10_000
/** Increments of one call. */
const BATCH = 100
/** Each waits for its answer before it goes on. */
const CALLERS = 20
/** Between two increments that are followed to the other peers. */
const MARK_MS = 10

export interface LoadPlan {
  /** Increments; null as fast as it goes. */
  readonly perSecond: number | null
  readonly ms: number
  /** In one call for a hundred, or a call for each, a hundred at once. */
  readonly calls: 'batches' | 'singles'
}

export interface LoadReport {
  readonly acknowledged: number
  /** On the shared clock. */
  readonly startedAt: number
  readonly endedAt: number
  /** CPU of the whole process meanwhile, its threads included, in ms. */
  readonly cpuMs: number
}

export const allKeys: readonly string[] = Array.from({ length: KEYS }, (_, n) => keyOf(n))

/** Made before, so that callers cost little beside what they call. */
const batchesOf = (seed: number): string[][] => {
  const random = seededRandom(seed)
  return Array.from({ length: 1000 }, () =>
    Array.from({ length: BATCH }, () => allKeys[random(KEYS)]!),
  )
}

export const runLoad = async (
  subject: Subject,
  markers: Markers,
  { perSecond, ms, calls }: LoadPlan,
  seed: number,
): Promise<LoadReport> => {
  const batches = batchesOf(seed)
  const count = (keys: readonly string[]): Promise<unknown> =>
    calls === 'batches' ? subject.incrementAll(keys) : subject.incrementEach(keys)
  let [issued, acknowledged] = [0, 0]
  const cpu = process.cpuUsage()
  const startedAt = sharedNow()
  const isOver = (): boolean => sharedNow() - startedAt >= ms
  /** Between two calls of one caller, where there is a rate to keep. */
  const pauseMs = perSecond === null ? 0 : (CALLERS * BATCH * 1000) / perSecond

  const call = async (caller: number): Promise<void> => {
    // Callers come one after the other, not all at once.
    let dueAt = startedAt + (pauseMs * caller) / CALLERS
    for (; !isOver(); dueAt += pauseMs) {
      const waitMs = dueAt - sharedNow()
      await (waitMs > 1 ? sleep(waitMs) : nextTurn())
      const keys = batches[issued++ % batches.length]!
      await count(keys)
      acknowledged += BATCH
    }
  }
  const follow = async (): Promise<void> => {
    for (let marked = -Infinity; !isOver(); await sleep(1)) {
      markers.look()
      if (sharedNow() - marked < MARK_MS) continue
      marked = sharedNow()
      void markers.mark()
    }
  }
  await Promise.all([follow(), ...Array.from({ length: CALLERS }, (_, n) => call(n))])
  const { user, system } = process.cpuUsage(cpu)
  return { acknowledged, startedAt, endedAt: sharedNow(), cpuMs: (user + system) / 1000 }
}
