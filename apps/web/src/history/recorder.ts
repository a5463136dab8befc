// Notes how counters move, in memory at once and in IndexedDB every few seconds.
import { append, type Point, type Series, toPlotted } from './series.ts'
import type { HistoryStore } from './store.ts'

/** A series is rewritten whole, so not at every tap. */
const keepEveryMs = 3_000

/** Counters that wait to be kept. A first exchange brings thousands at once, of which the last will do. */
const maxWaiting = 1_000

/** What the recorder needs of a store. */
export type SeriesKeeper = Pick<HistoryStore, 'read' | 'add'>

/** A counter's value has moved. */
export interface Movement {
  readonly key: string
  readonly value: bigint
  readonly previous: bigint | undefined
}

export class HistoryRecorder {
  readonly #keeper: SeriesKeeper
  readonly #now: () => number
  readonly #waiting = new Map<string, Point[]>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #kept: Promise<void> = Promise.resolve()

  constructor(keeper: SeriesKeeper, now: () => number = Date.now) {
    this.#keeper = keeper
    this.#now = now
  }

  /** `previous` is undefined where the counter was not known before: it did not move, it came in sight. */
  note({ key, value, previous }: Movement): void {
    const at = this.#now()
    const base = previous === undefined ? [] : [{ at: at - 1, value: toPlotted(previous) }]
    const points = this.#waiting.get(key) ?? base
    points.push({ at, value: toPlotted(value) })
    // The newest at the end, the longest quiet first.
    this.#waiting.delete(key)
    this.#waiting.set(key, points.length > 100 ? [...append([], points, 100)] : points)
    const [quietest] = this.#waiting.size > maxWaiting ? this.#waiting.keys() : []
    if (quietest !== undefined) this.#waiting.delete(quietest)
    this.#timer ??= setTimeout(() => void this.keep(), keepEveryMs)
  }

  /** All that was seen of a counter, up to now. */
  async read(key: string): Promise<Series> {
    await this.#kept
    return append(await this.#keeper.read(key), this.#waiting.get(key) ?? [])
  }

  /** Writes what waits. */
  keep(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const points = new Map(this.#waiting)
    this.#waiting.clear()
    this.#kept = this.#kept.then(() => this.#keeper.add(points))
    return this.#kept
  }
}
