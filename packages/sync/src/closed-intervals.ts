// What transfers that were cut have left behind: intervals that are held, above the version vector.
import type { Delta, VersionVector } from '@tallymesh/core'

/** More are not remembered, nor told: a replica has one for each transfer that was cut. */
export const MAX_CLOSED_INTERVALS = 64

/** Every slot that `replica` had last written in `(from, to]` when it was at `to` is held. */
export interface ClosedInterval {
  readonly replica: string
  readonly from: number
  readonly to: number
}

/**
 * A transfer goes from the newest slots to the oldest, so that what came of it before a cut is such an
 * interval, and is not sent again. A cache: after a restart the transfer begins anew.
 *
 * Two that meet are one: a slot that was at `s` in the lower one when its replica was at the upper's
 * end was at `s` before, since a slot's seq only grows.
 */
export class ClosedIntervals {
  /** Apart from each other; the one that grew last is the last. */
  #intervals: ClosedInterval[] = []

  add(replica: string, from: number, to: number): void {
    if (from >= to) return
    let [low, high] = [from, to]
    this.#intervals = this.#intervals.filter((other) => {
      if (other.replica !== replica || other.to < low || other.from > high) return true
      low = Math.min(low, other.from)
      high = Math.max(high, other.to)
      return false
    })
    this.#intervals.push({ replica, from: low, to: high })
    if (this.#intervals.length > MAX_CLOSED_INTERVALS) this.#intervals.shift()
  }

  /** Those that reach above a version vector. */
  above(version: VersionVector): ClosedInterval[] {
    this.#intervals = this.#intervals.filter(({ replica, to }) => to > (version.get(replica) ?? 0))
    return [...this.#intervals]
  }

  /** Takes out those that a version vector has reached, as deltas that move it on to their ends. */
  reached(version: VersionVector): Delta[] {
    const reached = this.above(version).filter(
      ({ replica, from }) => from <= (version.get(replica) ?? 0),
    )
    this.#intervals = this.#intervals.filter((interval) => !reached.includes(interval))
    return reached.map((interval) => ({ ...interval, units: [] }))
  }
}
