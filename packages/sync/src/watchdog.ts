// A time limit on every step: it bites when nothing has moved for that long.
import type { Clock } from './clock.ts'

export class Watchdog {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #bite: () => void
  #cancel: () => void

  constructor(clock: Clock, limitMs: number, bite: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#bite = bite
    this.#cancel = clock.after(limitMs, bite)
  }

  /** Something moved. */
  pat(): void {
    this.#cancel()
    this.#cancel = this.#clock.after(this.#limitMs, this.#bite)
  }

  stop(): void {
    this.#cancel()
  }
}
