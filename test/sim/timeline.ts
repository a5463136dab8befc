// Virtual time: it moves on only when every promise that can settle has settled.
import { EventQueue } from './event-queue.ts'

/**
 * Node drains all microtasks between two immediates, so an event an immediate is what makes async code
 * deterministic. Queued in bulk, they cost 0.4 µs each instead of the 1.5 µs of a turn of the loop.
 */
const TURNS_AT_ONCE = 64

export class Timeline {
  readonly #queue = new EventQueue()
  #now = 0
  /** Events that have happened. */
  events = 0

  /** Milliseconds since the start of the run. */
  get now(): number {
    return this.#now
  }

  /** Plans `task`; the function that is returned takes it back. */
  at(time: number, task: () => void): () => void {
    return this.#queue.add(Math.max(time, this.#now), task)
  }

  after(delayMs: number, task: () => void): () => void {
    return this.at(this.#now + delayMs, task)
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve))
  }

  /** Lets things happen until `end`, or until `isOver` says so after one of them. */
  run(end: number, isOver: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let running = true
      const turn = (): void => {
        if (!running) return
        try {
          running = this.#step(end, isOver)
        } catch (error) {
          running = false
          reject(error as Error)
        }
        if (!running) resolve()
      }
      const refill = (): void => {
        turn()
        if (!running) return
        for (let i = 1; i < TURNS_AT_ONCE; i++) setImmediate(turn)
        setImmediate(refill)
      }
      setImmediate(refill)
    })
  }

  /** One event. False when there is no more to do. */
  #step(end: number, isOver: () => boolean): boolean {
    if (isOver()) return false
    const time = this.#queue.nextTime()
    if (time > end) {
      if (end < Infinity) this.#now = end
      return false
    }
    this.#now = time
    this.events++
    this.#queue.take()()
    return true
  }
}
