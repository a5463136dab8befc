// Whether a pull or a descent is worth while: one that changed nothing is not, till something changes.
import type { Hash64 } from '@tallymesh/core'
import type { Clock } from './clock.ts'

/** A descent that changed nothing is tried again after this: the scrub. */
const SCRUB_MS = 60_000

interface Ended {
  readonly theirs: Hash64
  readonly ours: Hash64
  readonly at: number
}

/**
 * Where what differs may not be handed on, a descent changes nothing; so none is begun again with a
 * peer while both roots are what they were, but for a scrub now and then.
 */
export class DescentGate {
  readonly #clock: Clock
  readonly #last = new Map<string, Ended>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Asked before each descent. */
  mayBegin(peer: string, theirs: Hash64, ours: Hash64): boolean {
    const at = this.#clock.now()
    const last = this.#last.get(peer)
    const isKnown = last !== undefined && same(last.theirs, theirs) && same(last.ours, ours)
    return !isKnown || at >= last.at + SCRUB_MS
  }

  /** A descent that began at these roots went to its end: one that was cut is worth another. */
  ended(peer: string, theirs: Hash64, ours: Hash64): void {
    this.#last.set(peer, { theirs, ours, at: this.#clock.now() })
  }

  forget(peer: string): void {
    this.#last.delete(peer)
  }
}

const same = (a: Hash64, b: Hash64): boolean => a.low === b.low && a.high === b.high
