// A member's vote: what it has accepted of each counter, and whether it can accept what is proposed.
import type { DistributedKeyCounter } from '@tallymesh/core'
import { mayHandOn } from './handing-on.ts'
import type { Journal } from './journal.ts'
import {
  namesOf,
  unitOf,
  type Answer,
  type NamedSlot,
  type Proposal,
  type SlotNames,
} from './proposal.ts'

/** Counters of which it is remembered what was accepted; of others, all that is held counts as accepted. */
const MAX_REMEMBERED = 65_536

export interface AcceptorOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly members: readonly string[]
}

/**
 * The acceptor of generalized lattice agreement (Faleiro, Rajamani, Rajan, Ramalingam, Vaswani,
 * "Generalized Lattice Agreement", PODC 2012, figure 2), for each counter on its own.
 *
 * What it has accepted is not all that it holds: slots that came by gossip are in no read that has
 * ended, and in no increment that a majority has acknowledged, and need not be in the next read. So a
 * steady stream of increments that nobody asked a majority for keeps no read waiting; reads give way
 * only to each other, and to increments with a strong ack. (Skrzypczak, Schintke and Schütt,
 * "Linearizable State Machine Replication of State-Based CRDTs without Logs", PODC 2019, keep the
 * state that updates change apart from the state that was voted on, to the same end.)
 */
export class Acceptor {
  readonly #options: AcceptorOptions
  /** The one that was asked for longest ago first. */
  readonly #accepted = new Map<string, Map<string, number>>()

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /** Takes proposals of `peer`: what they bring is joined, durably, before any is answered. */
  async take(peer: string, proposals: readonly Proposal[]): Promise<Answer[]> {
    const { members, journal } = this.#options
    const units = proposals.flatMap(({ key, slots }) =>
      slots.flatMap(({ replica, unit }) =>
        unit === undefined || !mayHandOn(peer, replica, members) ? [] : [{ replica, key, unit }],
      ),
    )
    if (units.length > 0) await journal.joinUnits(units, peer)
    return proposals.map((proposal) => this.judge(proposal))
  }

  /** Its answer to a proposal of which it has been given what it lacked. */
  judge({ mode, key, slots }: Proposal): Answer {
    const { counter } = this.#options
    const held = namesOf(counter, key)
    const lacks = slots.flatMap(({ replica, seq }, place) =>
      (held.get(replica) ?? 0) < seq ? [place] : [],
    )
    const accepted = this.#acceptedOf(key, held)
    const proposed = new Map(slots.map(({ replica, seq }) => [replica, seq]))
    const isAccepted = lacks.length === 0 && (mode === 'hold' || !isBeyond(accepted, proposed))
    if (isAccepted) raise(accepted, proposed)
    // Whoever holds asks for nothing back.
    return { isAccepted, lacks, more: mode === 'hold' ? [] : this.#beyond(key, held, proposed) }
  }

  #beyond(key: string, held: SlotNames, proposed: SlotNames): NamedSlot[] {
    return [...held]
      .filter(([replica, seq]) => seq > (proposed.get(replica) ?? 0))
      .map(([replica, seq]) => {
        const unit = unitOf(this.#options.counter, replica, key, proposed.get(replica) ?? 0)
        return { replica, seq, unit }
      })
  }

  /** After a start nobody knows what was accepted before: no more than what is held. */
  #acceptedOf(key: string, held: SlotNames): Map<string, number> {
    const accepted = this.#accepted.get(key) ?? new Map(held)
    this.#accepted.delete(key)
    this.#accepted.set(key, accepted)
    if (this.#accepted.size > MAX_REMEMBERED)
      this.#accepted.delete(this.#accepted.keys().next().value!)
    return accepted
  }
}

const isBeyond = (accepted: SlotNames, proposed: SlotNames): boolean =>
  [...accepted].some(([replica, seq]) => seq > (proposed.get(replica) ?? 0))

const raise = (accepted: Map<string, number>, proposed: SlotNames): void => {
  for (const [replica, seq] of proposed)
    if (seq > (accepted.get(replica) ?? 0)) accepted.set(replica, seq)
}
