// Slots beyond any version, such as merges bring: sent once to each peer, and not in every pull.
import type { KeyedDelta, KeyedUnit } from '@tallymesh/core'
import type { Clock } from './clock.ts'

/** After this they are sent once more: a peer may have lost them, or never stored them. */
const REPEAT_MS = 600_000

/** What the slots beyond of each replica come to. */
export type BeyondSums = Map<string, string>

interface Sent {
  readonly sum: string
  readonly at: number
}

/**
 * A merge brings slots without all that their replicas wrote before them. So no version tells that they
 * are held, and any pull would bring them again; here a sender remembers what it sent to whom. A cache:
 * what is left out by it, though the peer lacks it, the next Merkle descent finds.
 */
export class Beyond {
  readonly #clock: Clock
  readonly #sent = new Map<string, Map<string, Sent>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * What is to be sent of a delta: all of it, and then what is beyond its claim is noted in `sums`; or,
   * where `peer` was sent just that, the rest.
   */
  unsent(peer: string, delta: KeyedDelta, sums: BeyondSums): KeyedDelta {
    const beyond = delta.units.filter((unit) => isBeyond(delta, unit))
    if (beyond.length === 0) return delta
    const sum = sumOf(beyond)
    const sent = this.#sent.get(peer)?.get(delta.replica)
    if (sent?.sum === sum && this.#clock.now() < sent.at + REPEAT_MS)
      return { ...delta, units: delta.units.filter((unit) => !isBeyond(delta, unit)) }
    sums.set(delta.replica, sum)
    return delta
  }

  /** An exchange in which they were sent to `peer` went to its end. */
  sent(peer: string, sums: BeyondSums): void {
    const byReplica = this.#sent.get(peer) ?? new Map<string, Sent>()
    for (const [replica, sum] of sums) byReplica.set(replica, { sum, at: this.#clock.now() })
    if (byReplica.size > 0) this.#sent.set(peer, byReplica)
  }

  /** The peer has left; it may come back without them. */
  forget(peer: string): void {
    this.#sent.delete(peer)
  }
}

/** Whether a delta's claim stands without this slot: it was not touched in the interval. */
const isBeyond = ({ from, to }: KeyedDelta, { first }: KeyedUnit): boolean =>
  to === from || first > to

/** Differs wherever a slot came, went or moved; where by chance it does not, a descent finds that. */
const sumOf = (units: readonly KeyedUnit[]): string => {
  let sum = 0
  for (const { seq } of units) sum = (sum + seq) % Number.MAX_SAFE_INTEGER
  return `${units.length}/${sum}`
}
