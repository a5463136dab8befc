// A node's clock: monotonic, and otherwise as wrong as a run wants it.
import type { Clock } from '@tallymesh/sync'
import type { Timeline } from './timeline.ts'

interface Timer {
  readonly due: number
  readonly task: () => void
  cancel: () => void
}

/** 2020. */
const EPOCH_MS = 1_577_836_800_000

export class SimClock implements Clock {
  readonly #timeline: Timeline
  readonly #timers = new Set<Timer>()
  #base: number
  #baseAt: number
  #rate: number
  #stopped = false

  /** @param offsetMs what it shows now @param rate how fast it runs: 1 is right */
  constructor(timeline: Timeline, offsetMs: number, rate: number) {
    this.#timeline = timeline
    this.#base = offsetMs
    this.#baseAt = timeline.now
    this.#rate = rate
  }

  readonly now = (): number => this.#base + (this.#timeline.now - this.#baseAt) * this.#rate

  /** As wrong as the other: a machine has one crystal. */
  readonly wall = (): number => EPOCH_MS + this.now()

  readonly after = (delayMs: number, task: () => void): (() => void) => {
    if (this.#stopped) return () => {}
    const timer: Timer = { due: this.now() + Math.max(0, delayMs), task, cancel: () => {} }
    this.#timers.add(timer)
    this.#arm(timer)
    return () => this.#drop(timer)
  }

  /** Moves on at once, as after a night's sleep of the machine: all that fell due meanwhile is due now. */
  jump(ms: number): void {
    this.#rebase(this.now() + ms, this.#rate)
  }

  run(rate: number): void {
    this.#rebase(this.now(), rate)
  }

  /** Its process is dead: no timer fires any more. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #rebase(shown: number, rate: number): void {
    this.#base = shown
    this.#baseAt = this.#timeline.now
    this.#rate = rate
    for (const timer of this.#timers) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  #arm(timer: Timer): void {
    const delay = Math.max(0, (timer.due - this.now()) / this.#rate)
    timer.cancel = this.#timeline.after(delay, () => {
      this.#timers.delete(timer)
      timer.task()
    })
  }

  #drop(timer: Timer): void {
    timer.cancel()
    this.#timers.delete(timer)
  }
}
