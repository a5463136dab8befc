// The changes of one service, as all of its watchers share them.
import { randomBytes } from 'node:crypto'
import type { CounterService } from '@tallymesh/sync'
import { ChangeLog } from './change-log.ts'

export class SharedChanges {
  readonly service: CounterService
  readonly log: ChangeLog
  /** Of this process: a place in the log of another one says nothing here. */
  readonly #tag = randomBytes(6).toString('base64url')
  readonly #waiting = new Set<() => void>()

  /** Listens from here on, for as long as the service runs. */
  constructor(service: CounterService, log: ChangeLog = new ChangeLog()) {
    this.service = service
    this.log = log
    service.addEventListener('change', ({ detail }) => {
      log.note(detail.key)
      if (this.#waiting.size > 0) this.#wake()
    })
  }

  /** A place of the log, as an event's id. */
  idOf(place: number): string {
    return `${this.#tag}-${place}`
  }

  /** The place that an event's id names, or undefined where the log does not reach back to it. */
  placeOf(id: string): number | undefined {
    const [, tag, digits] = /^([\w-]{8})-(\d{1,16})$/.exec(id) ?? []
    const place = Number(digits)
    return tag === this.#tag && this.log.covers(place) ? place : undefined
  }

  /** Resolves with the next change, and after `ms` or when aborted all the same. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', resolve as () => void)
    this.#waiting.add(resolve)
    await promise
    this.#waiting.delete(resolve)
    signal.removeEventListener('abort', resolve as () => void)
    clearTimeout(timer)
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
