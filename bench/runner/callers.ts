// Concurrent callers: how long each call takes, and how many end in a second.

export interface Load {
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
}

/** One caller's calls, each after the last: resolves when the call has its answer. */
export type Call = (caller: number) => Promise<unknown>

/** So many callers at once, for so long, after a warm-up that does not count. */
export const loadOf = async (call: Call, callers: number, ms: number): Promise<Load> => {
  await during(call, callers, ms / 4)
  const startedAt = performance.now()
  const times = await during(call, callers, ms)
  const seconds = (performance.now() - startedAt) / 1000
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)]!
  return { p50: at(0.5), p99: at(0.99), perSecond: sorted.length / seconds }
}

const during = async (call: Call, callers: number, ms: number): Promise<number[]> => {
  const times: number[] = []
  const end = performance.now() + ms
  const keepCalling = async (caller: number): Promise<void> => {
    while (performance.now() < end) {
      const startedAt = performance.now()
      await call(caller)
      times.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => keepCalling(caller)))
  return times
}
