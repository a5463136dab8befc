// A clock that stands still until a test moves it.
import type { Clock } from '../clock.ts'

interface Timer {
  readonly due: number
  readonly task: () => void
}

export class FakeClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  readonly now = (): number => this.#now

  /** How far the wall clock is ahead of the monotonic one. */
  wallAheadMs = 1_800_000_000_000

  readonly wall = (): number => this.#now + this.wallAheadMs

  readonly after = (delayMs: number, task: () => void): (() => void) => {
    const timer = { due: this.#now + delayMs, task }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** How many wait. */
  get timers(): number {
    return this.#timers.size
  }

  /** Moves on, running what falls due in its order, and what follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = next.due
      next.task()
      await settle()
    }
    this.#now = end
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
  }
}

/** Lets everything run that waits for nothing but its turn. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
