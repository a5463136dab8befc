// Time as the client sees it: handed in by tests.

/** Milliseconds; monotonic: it never goes back and says nothing of the date. */
export interface Clock {
  now(): number
  /** Calls `task` once, `delayMs` from now, unless the returned function is called before. */
  after(delayMs: number, task: () => void): () => void
}

/** Past this, a timer fires at once instead. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(delayMs, LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** Resolves after this time, and at once when the signal fires. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
  })
