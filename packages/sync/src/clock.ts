// Time as the engine sees it: handed in, so that a simulator can make it.

/** A clock and its timers. */
export interface Clock {
  /** Milliseconds; monotonic: it never goes back and says nothing of the date. */
  now(): number
  /**
   * Milliseconds since 1970, as this machine has it: it may jump, and be years off. For people to see,
   * and for nothing else.
   */
  wall(): number
  /** Calls `task` once, `delayMs` from now, unless the returned function is called before. */
  after(delayMs: number, task: () => void): () => void
}

/** The process' own monotonic clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, task) {
    const timer: unknown = setTimeout(task, delayMs)
    // Only Node's timers are objects.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer)
      (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
}

/** A number from 0 to 1, 1 left out. */
export type Random = () => number
