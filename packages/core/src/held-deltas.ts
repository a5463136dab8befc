// Deltas that came before what they build upon: held until the gap closes, so that order is no matter.
import type { Delta } from './delta.ts'
import { joinDelta, type Joined } from './join.ts'
import type { State } from './state.ts'

/** Deltas held for one replica: a second of gossip at full rate. */
const MAX_HELD_DELTAS = 64
/** Slots and requests held in all: a bound on what peers can pin, some megabytes. */
const MAX_HELD_WEIGHT = 16_384

/** A cache, not state: what it drops is pulled again as part of the gap. */
export class HeldDeltas {
  /** The replica that was waited for longest first. */
  readonly #byReplica = new Map<string, Delta[]>()
  #weight = 0

  /** Joins a delta, then those held of its replica that can follow; or holds it. */
  join(state: State, self: string, delta: Delta, joined: Joined): void {
    if (!joinDelta(state, self, delta, joined)) return this.#hold(delta)
    const held = this.#byReplica.get(delta.replica)
    if (held === undefined) return
    this.#drop(delta.replica, held)
    const hadGap = joined.gaps.delete(delta.replica)
    for (const next of held)
      if (next.to > state.version(next.replica) && !joinDelta(state, self, next, joined))
        this.#hold(next)
    // What was held before and still waits is no gap in what came now: a transfer goes on.
    if (!hadGap) joined.gaps.delete(delta.replica)
  }

  /** The highest operation number that a delta of `replica` waits with; 0 for none. */
  lastSeq(replica: string): number {
    return Math.max(0, ...(this.#byReplica.get(replica) ?? []).map(({ to }) => to))
  }

  #hold(delta: Delta): void {
    const weight = weightOf(delta)
    if (weight > MAX_HELD_WEIGHT) return
    this.#makeRoom(weight)
    const held = this.#byReplica.get(delta.replica) ?? []
    if (held.length >= MAX_HELD_DELTAS) return
    // In order of `from`, so that one pass joins all that can follow.
    const at = held.findIndex(({ from }) => from > delta.from)
    held.splice(at === -1 ? held.length : at, 0, delta)
    this.#byReplica.set(delta.replica, held)
    this.#weight += weight
  }

  #makeRoom(weight: number): void {
    for (const [replica, held] of this.#byReplica) {
      if (this.#weight + weight <= MAX_HELD_WEIGHT) return
      this.#drop(replica, held)
    }
  }

  #drop(replica: string, held: readonly Delta[]): void {
    this.#byReplica.delete(replica)
    for (const delta of held) this.#weight -= weightOf(delta)
  }
}

const weightOf = ({ units, floor }: Delta): number =>
  units.reduce(
    (weight, { requests }) => weight + 1 + requests.length,
    1 + (floor?.kept.length ?? 0),
  )
