// How fast a count grows, over the last minute or so.

interface Sample {
  readonly atMs: number
  readonly count: number
}

const SAMPLE_MS = 1000
const WINDOW_MS = 60_000

export class Rate {
  readonly #now: () => number
  #samples: Sample[]

  constructor(now: () => number, count: number) {
    this.#now = now
    this.#samples = [{ atMs: now(), count }]
  }

  /** The count has come to this. */
  note(count: number): void {
    const atMs = this.#now()
    if (atMs - this.#samples.at(-1)!.atMs < SAMPLE_MS) return
    this.#samples.push({ atMs, count })
    // One that is older than the window tells what it began with.
    while (this.#samples.length > 2 && this.#samples[1]!.atMs < atMs - WINDOW_MS)
      this.#samples.shift()
  }

  /** By how much a millisecond it grows, now that it has come to `count`. */
  perMs(count: number): number {
    const first = this.#samples[0]!
    return Math.max(0, count - first.count) / Math.max(SAMPLE_MS, this.#now() - first.atMs)
  }
}
