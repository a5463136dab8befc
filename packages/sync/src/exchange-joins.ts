// What comes in one exchange, joined as it comes.
import type { Delta, VersionVector } from '@tallymesh/core'
import type { ExchangeContext, Outcome } from './exchange-context.ts'
import { mayHandOn } from './handing-on.ts'
import { openSigned, type SignedDelta } from './signed-delta.ts'

export class ExchangeJoins {
  readonly #context: ExchangeContext
  readonly #peer: string
  readonly #outcome: Outcome
  /** Replicas of which all was told as held that others are sending. */
  readonly #claimed: ReadonlySet<string>
  /** Replicas of which a part could not be joined: the rest must not move the vector. */
  readonly #broken = new Set<string>()

  /** @param outcome counts what came */
  constructor(
    context: ExchangeContext,
    peer: string,
    outcome: Outcome,
    claimed: ReadonlySet<string>,
  ) {
    this.#context = context
    this.#peer = peer
    this.#outcome = outcome
    this.#claimed = claimed
  }

  /** Newest first: above the lowest slot of a part, all that the peer held as it told is here now. */
  async slots(deltas: readonly Delta[], theirs: VersionVector): Promise<void> {
    const { counter, journal } = this.#context
    const joined = await this.permitted(deltas.filter(({ replica }) => !this.#broken.has(replica)))
    for (const { replica, from, to, units } of joined)
      if (to === from && units.length > 0 && !this.#broken.has(replica))
        journal.closed.add(replica, units[0]!.seq, theirs.get(replica) ?? 0)
    const reached = journal.closed.reached(counter.version)
    if (reached.length > 0) await journal.join(reached, this.#peer)
  }

  /** Joins what the peer may hand on, and returns it. */
  async permitted(deltas: readonly Delta[]): Promise<readonly Delta[]> {
    const { members } = this.#context
    const admitted = deltas.filter(({ replica }) => mayHandOn(this.#peer, replica, members))
    this.#outcome.refused += deltas.length - admitted.length
    if (admitted.length > 0) await this.#admitted(admitted)
    return admitted
  }

  async signed(deltas: readonly SignedDelta[]): Promise<void> {
    const { verify, namespace } = this.#context
    const opened: Delta[] = []
    for (const delta of deltas) opened.push(await openSigned(verify, namespace, delta))
    await this.#admitted(opened)
  }

  async #admitted(deltas: readonly Delta[]): Promise<void> {
    const { counter, journal, intake, unnamed } = this.#context
    await intake.admit(this.#peer, deltas)
    const joined = await journal.join(deltas, this.#peer)
    this.#context.joined(this.#peer, joined)
    const { gaps } = joined
    for (const replica of gaps) {
      this.#broken.add(replica)
      this.#outcome.isWhole = false
      // What goes on from what others are sending came too early, that is all.
      // Of a replica that is not known, all is asked for anyway; and peers can make up any number.
      if (!this.#claimed.has(replica) && counter.version.has(replica)) unnamed.add(replica)
    }
    for (const { replica, from, to, units } of deltas) {
      this.#outcome.received += units.length
      // All of it came from the beginning: its names are known now.
      if (from === 0 && to > 0 && !gaps.has(replica)) unnamed.delete(replica)
    }
  }
}
