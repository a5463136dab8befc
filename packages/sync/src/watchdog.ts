// Time limits on an exchange: it bites when nothing moves, and when what moves is too little for too long.
import type { Clock } from './clock.ts'

/** For so long, any pace will do: most exchanges are over by then. */
const ANY_PACE_MS = 60_000
/** After that, at least a byte a millisecond on average: a peer that trickles holds up the others. */
const LEAST_BYTES_PER_MS = 1

export class Watchdog {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #bite: (reason: string) => void
  readonly #startedAt: number
  #movedAt: number
  #bytes = 0
  #cancel: () => void

  /** @param limitMs how long nothing may move */
  constructor(clock: Clock, limitMs: number, bite: (reason: string) => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#bite = bite
    this.#startedAt = clock.now()
    this.#movedAt = this.#startedAt
    this.#cancel = this.#wait()
  }

  /** Something moved: bytes, or the disk. */
  pat(bytes = 0): void {
    this.#bytes += bytes
    this.#cancel()
    this.#movedAt = this.#clock.now()
    const elapsed = this.#movedAt - this.#startedAt
    if (elapsed > ANY_PACE_MS && this.#bytes < elapsed * LEAST_BYTES_PER_MS)
      this.#bite(`moved ${this.#bytes} bytes in ${Math.round(elapsed)} ms, which is too slow`)
    else this.#cancel = this.#wait()
  }

  /** How long nothing has moved. */
  get stillMs(): number {
    return this.#clock.now() - this.#movedAt
  }

  stop(): void {
    this.#cancel()
  }

  #wait(): () => void {
    return this.#clock.after(this.#limitMs, () =>
      this.#bite(`did not move for ${this.#limitMs} ms`),
    )
  }
}
