// When an increment was made and when it was seen: each peer counts a key of its own one by one, so the
// value that another peer sees tells which of these increments it has.
import { sharedNow, type Subject } from './subject.ts'

export const markerOf = (peer: number): string => `marker of ${peer}`

/** By value, the time at which it was made, or first seen. */
export type MarkerTimes = readonly number[]

export class Markers {
  readonly #subject: Subject
  readonly #own: number
  readonly #times: number[][]

  constructor(subject: Subject, own: number, peers: number) {
    this.#subject = subject
    this.#own = own
    this.#times = Array.from({ length: peers }, () => [])
  }

  /** Counts on the own key. */
  mark(): Promise<unknown> {
    this.#times[this.#own]!.push(sharedNow())
    return this.#subject.incrementAll([markerOf(this.#own)])
  }

  /** Notes what is new of the others. */
  look(): void {
    const now = sharedNow()
    for (const [peer, times] of this.#times.entries()) {
      if (peer === this.#own) continue
      const value = this.#subject.getValue(markerOf(peer))
      while (times.length < value) times.push(now)
    }
  }

  get times(): readonly MarkerTimes[] {
    return this.#times
  }
}

/**
 * How long each took until all others had seen it, in ms.
 *
 * @param all by peer, what that one noted
 * @param from by peer, how many were made before those that are asked for
 */
export const lagsOf = (
  all: readonly (readonly MarkerTimes[])[],
  from: readonly number[],
): number[] =>
  all.flatMap((notes, peer) => {
    const others = all.filter((_, other) => other !== peer)
    const lags = notes[peer]!.map((madeAt, nth) =>
      Math.max(...others.map((seen) => (seen[peer]![nth] ?? Infinity) - madeAt)),
    )
    return lags.slice(from[peer])
  })
