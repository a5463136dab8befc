// What is to happen, in order of time; what was planned first comes first at one time.

interface Event {
  readonly time: number
  readonly order: number
  task: (() => void) | undefined
}

/** A binary heap. */
export class EventQueue {
  readonly #heap: Event[] = []
  #order = 0

  /** Returns what takes it back. */
  add(time: number, task: () => void): () => void {
    const event: Event = { time, order: this.#order++, task }
    this.#heap.push(event)
    this.#rise(this.#heap.length - 1)
    return () => {
      event.task = undefined
    }
  }

  /** When the next event is due; Infinity when there is none. */
  nextTime(): number {
    while (this.#heap.length > 0 && this.#heap[0]!.task === undefined) this.#removeFirst()
    return this.#heap[0]?.time ?? Infinity
  }

  /** Takes the next event out. Call `nextTime` before. */
  take(): () => void {
    const { task } = this.#heap[0]!
    this.#removeFirst()
    return task!
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink()
  }

  #rise(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const child = right < this.#heap.length && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(child, at)) return
      this.#swap(at, child)
      at = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a]!, this.#heap[b]!]
    return x.time < y.time || (x.time === y.time && x.order < y.order)
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = kept
  }
}
