// Which counters changed, in which order: what a watcher that was cut goes on from.

/** Keys that are remembered. A watcher that is further behind gets all counters instead. */
const MAX_KEYS = 32_768

/** Entries that a watcher looks at in one go, so that it holds up nobody. */
const STEP = 4096

/** A counter changed. Its value is read when it is told. */
export interface Change {
  readonly key: string
  readonly place: number
}

/** A part of the log. */
export interface Changes {
  readonly changes: readonly Change[]
  /** The place up to which this is all. */
  readonly upTo: number
}

/**
 * A place in the log is a number, from 0. Values are not kept: a counter that changed thrice is one
 * entry, the latest, so that a slow watcher costs nothing and a hot counter pushes out no other.
 */
export class ChangeLog {
  readonly #maxKeys: number
  /** Places in ascending order, and the key that changed there. */
  #places: number[] = []
  #keys: string[] = []
  /** Where each key changed last: every other entry of it is old. */
  readonly #latest = new Map<string, number>()
  #last = 0
  /** All that changed after this place is in the log. */
  #floor = 0

  constructor(maxKeys: number = MAX_KEYS) {
    this.#maxKeys = maxKeys
  }

  /** The place of the last change. */
  get last(): number {
    return this.#last
  }

  note(key: string): void {
    this.#last++
    this.#latest.set(key, this.#last)
    this.#places.push(this.#last)
    this.#keys.push(key)
    if (this.#places.length >= 2 * this.#maxKeys) this.#sweep()
  }

  /** Whether all that changed after a place is still known. */
  covers(place: number): boolean {
    return place >= this.#floor && place <= this.#last
  }

  /** What changed after a place that the log covers, or the first part of it. */
  after(place: number): Changes {
    const from = this.#indexAfter(place)
    const to = Math.min(from + STEP, this.#places.length)
    const changes: Change[] = []
    for (let i = from; i < to; i++)
      if (this.#isLatest(i)) changes.push({ key: this.#keys[i]!, place: this.#places[i]! })
    return { changes, upTo: to === this.#places.length ? this.#last : this.#places[to - 1]! }
  }

  #isLatest(index: number): boolean {
    return this.#latest.get(this.#keys[index]!) === this.#places[index]
  }

  /** The first entry after a place, by binary search. */
  #indexAfter(place: number): number {
    let [low, high] = [0, this.#places.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#places[middle]! <= place) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Drops what is old, and of the rest what came first. */
  #sweep(): void {
    const live = this.#places.flatMap((_, i) => (this.#isLatest(i) ? [i] : []))
    const dropped = live.splice(0, Math.max(0, live.length - this.#maxKeys))
    for (const i of dropped) this.#latest.delete(this.#keys[i]!)
    if (dropped.length > 0) this.#floor = this.#places[dropped.at(-1)!]!
    const [places, keys] = [this.#places, this.#keys]
    this.#places = live.map((i) => places[i]!)
    this.#keys = live.map((i) => keys[i]!)
  }
}
