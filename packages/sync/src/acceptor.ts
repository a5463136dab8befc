// A member's vote: what it has accepted of each counter, and whether it can accept what is proposed.
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import type { Intake } from './intake.ts'
import { ownerOfFloor } from './floor-names.ts'
import { mayHandOn } from './handing-on.ts'
import type { Journal } from './journal.ts'
import {
  namesOf,
  partOf,
  unitsOf,
  type Answer,
  type Lack,
  type NamedSlot,
  type Proposal,
  type SlotNames,
} from './proposal.ts'
import { Turns } from './turns.ts'

/** Counters of which it is remembered what was accepted; of others, all that is held counts as accepted. */
const MAX_REMEMBERED = 65_536

export interface AcceptorOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly members: readonly string[]
  readonly clock: Clock
  /** Whether this peer, as a member, may vote now. */
  readonly mayVote: () => boolean
  /** Asked before anything is joined. */
  readonly intake: Pick<Intake, 'admit'>
}

/**
 * The acceptor of generalized lattice agreement (Faleiro, Rajamani, Rajan, Ramalingam, Vaswani,
 * "Generalized Lattice Agreement", PODC 2012, figure 2), for each counter on its own.
 *
 * What it has accepted is not all that it holds: slots that came by gossip are in no read that has
 * ended, and in no increment that a majority has acknowledged, and need not be in the next read. So a
 * steady stream of increments that nobody asked a majority for keeps no read waiting; reads are turned
 * down only by each other, and by increments with a strong ack, and not for long: see `Turns`. (Skrzypczak, Schintke and Schütt,
 * "Linearizable State Machine Replication of State-Based CRDTs without Logs", PODC 2019, keep the
 * state that updates change apart from the state that was voted on, to the same end.)
 */
export class Acceptor {
  readonly #options: AcceptorOptions
  /** The one that was asked for longest ago first. */
  readonly #accepted = new Map<string, Map<string, number>>()
  readonly #turns: Turns

  constructor(options: AcceptorOptions) {
    this.#options = options
    this.#turns = new Turns(options.clock)
  }

  /** Votes of `peer` are asked for: to be told in the order in which they came, before any is judged. */
  heard(peer: string, proposals: readonly Proposal[]): void {
    this.#turns.heard(peer, proposals)
  }

  /** Joins what proposals of `peer` bring, durably: before any of them is answered. */
  async join(peer: string, proposals: readonly Proposal[]): Promise<void> {
    const { members, journal, intake } = this.#options
    const units = proposals
      .flatMap(({ key, slots }) => unitsOf(key, slots))
      .filter(({ replica }) => mayHandOn(peer, replica, members))
    if (units.length === 0) return
    await intake.admit(
      peer,
      units.map(({ replica, key }) => ({
        replica: ownerOfFloor(replica) ?? replica,
        units: [{ key }],
      })),
    )
    await journal.joinUnits(units, peer)
  }

  /** The proposal's slots that are not held here, by their place in it. */
  lacks({ key, slots }: Proposal): Lack[] {
    return lackedBy(namesOf(this.#options.counter, key), slots)
  }

  /** The store had gone back in time, and has caught up: all that it holds counts as accepted. */
  forget(): void {
    this.#accepted.clear()
  }

  /**
   * The vote on a proposal of which it has been given what it lacked: at once, or when its turn comes.
   *
   * @param tell is told undefined where this member may not vote then
   */
  judge(peer: string, proposal: Proposal, tell: (answer: Answer | undefined) => void): void {
    const { mayVote } = this.#options
    this.#turns.take(peer, proposal, () => tell(mayVote() ? this.#judge(proposal) : undefined))
  }

  stop(): void {
    this.#turns.stop()
  }

  #judge({ mode, key, slots }: Proposal): Answer {
    const { counter } = this.#options
    const held = namesOf(counter, key)
    const lacks = lackedBy(held, slots)
    const accepted = this.#acceptedOf(key, held)
    const proposed = new Map(slots.map(({ replica, seq }) => [replica, seq]))
    const isRead = mode === 'agree' || mode === 'insist'
    const isAccepted = lacks.length === 0 && !(isRead && isBeyond(accepted, proposed))
    if (isAccepted) raise(accepted, proposed)
    // Whoever does not read asks for nothing back.
    return { isAccepted, lacks, more: isRead ? this.#beyond(key, held, proposed) : [] }
  }

  #beyond(key: string, held: SlotNames, proposed: SlotNames): NamedSlot[] {
    return [...held]
      .filter(([replica, seq]) => seq > (proposed.get(replica) ?? 0))
      .map(([replica, seq]) => {
        const unit = partOf(this.#options.counter, replica, key, proposed.get(replica) ?? 0)
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

const lackedBy = (names: SlotNames, slots: readonly NamedSlot[]): Lack[] =>
  slots.flatMap(({ replica, seq }, place) => {
    const held = names.get(replica) ?? 0
    return held < seq ? [{ place, held }] : []
  })

const isBeyond = (accepted: SlotNames, proposed: SlotNames): boolean =>
  [...accepted].some(([replica, seq]) => seq > (proposed.get(replica) ?? 0))

const raise = (accepted: Map<string, number>, proposed: SlotNames): void => {
  for (const [replica, seq] of proposed)
    if (seq > (accepted.get(replica) ?? 0)) accepted.set(replica, seq)
}
