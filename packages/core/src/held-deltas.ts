// Deltas that came before what they build upon: held until the gap closes, so that order is no matter.
import type { Delta } from './delta.ts'
import { joinDelta, type Joined } from './join.ts'
import type { State } from './state.ts'

/** Deltas held for one replica: a second of gossip at full rate, and a bound on what a peer can pin. */
const MAX_HELD_DELTAS = 64
/** Slots held for one replica. */
const MAX_HELD_UNITS = 4096
/** Replicas that deltas are held for. */
const MAX_HELD_REPLICAS = 256

/** A cache, not state: what it drops is pulled again as part of the gap. */
export class HeldDeltas {
  readonly #byReplica = new Map<string, Delta[]>()

  /** Joins a delta, then those held of its replica that can follow; or holds it. */
  join(state: State, self: string, delta: Delta, joined: Joined): void {
    if (!joinDelta(state, self, delta, joined)) return this.#hold(delta)
    const held = this.#byReplica.get(delta.replica)
    if (held === undefined) return
    this.#byReplica.delete(delta.replica)
    joined.gaps.delete(delta.replica)
    for (const next of held)
      if (next.to > state.version(next.replica) && !joinDelta(state, self, next, joined))
        this.#hold(next)
  }

  #hold(delta: Delta): void {
    const held = this.#byReplica.get(delta.replica) ?? []
    if (held.length === 0 && this.#byReplica.size >= MAX_HELD_REPLICAS) return
    const units = held.reduce((sum, { units }) => sum + units.length, delta.units.length)
    if (held.length >= MAX_HELD_DELTAS || units > MAX_HELD_UNITS) return
    // In order of `from`, so that one pass joins all that can follow.
    const at = held.findIndex(({ from }) => from > delta.from)
    held.splice(at === -1 ? held.length : at, 0, delta)
    this.#byReplica.set(delta.replica, held)
  }
}
