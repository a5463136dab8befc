// A member's vote: what it has accepted of each counter, and whether it can accept what is proposed.
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import type { Intake } from './intake.ts'
import { isFloor } from './floor-names.ts'
import { mayHandOn } from './handing-on.ts'
import type { Journal } from './journal.ts'
import {
  namesOf,
  partOf,
  type Answer,
  type NamedSlot,
  type Proposal,
  type SlotNames,
} from './proposal.ts'

/** Counters of which it is remembered what was accepted; of others, all that is held counts as accepted. */
const MAX_REMEMBERED = 65_536

/** From there on, increments give way no longer than before. */
const MAX_REFUSALS = 8
/** A read that does not try again for so long has been given up. */
const REFUSAL_COUNTS_MS = 2000

export interface AcceptorOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly members: readonly string[]
  readonly clock: Clock
  /** Asked before anything is joined. */
  readonly intake: Pick<Intake, 'admit'>
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
  readonly #refusals = new Map<string, { readonly count: number; readonly at: number }>()

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /** Joins what proposals of `peer` bring, durably: before any of them is answered. */
  async join(peer: string, proposals: readonly Proposal[]): Promise<void> {
    const { members, journal, intake } = this.#options
    const units = proposals.flatMap(({ key, slots }) =>
      slots.flatMap(({ replica, unit }) =>
        unit === undefined || !mayHandOn(peer, replica, members) ? [] : [{ replica, key, unit }],
      ),
    )
    if (units.length === 0) return
    await intake.admit(
      peer,
      units.flatMap(({ replica, key, unit }) =>
        isFloor(unit) ? [] : [{ replica, units: [{ key }] }],
      ),
    )
    await journal.joinUnits(units, peer)
  }

  /** The proposal's slots that are not held here, by their place in it. */
  lacks({ key, slots }: Proposal): number[] {
    return lackedBy(namesOf(this.#options.counter, key), slots)
  }

  /** The store had gone back in time, and has caught up: all that it holds counts as accepted. */
  forget(): void {
    this.#accepted.clear()
  }

  /** The vote on a proposal of which it has been given what it lacked. For members that may vote. */
  judge({ mode, key, slots }: Proposal): Answer {
    const { counter } = this.#options
    const held = namesOf(counter, key)
    const lacks = lackedBy(held, slots)
    const accepted = this.#acceptedOf(key, held)
    const proposed = new Map(slots.map(({ replica, seq }) => [replica, seq]))
    const isAccepted = lacks.length === 0 && (mode === 'hold' || !isBeyond(accepted, proposed))
    if (isAccepted) raise(accepted, proposed)
    if (mode === 'agree') this.#noteRead(key, isAccepted)
    // Whoever holds asks for nothing back.
    return { isAccepted, lacks, more: mode === 'hold' ? [] : this.#beyond(key, held, proposed) }
  }

  /** Reads of a counter that were turned down in a row, the last one not long ago. */
  refusals(key: string): number {
    const { count = 0, at = 0 } = this.#refusals.get(key) ?? {}
    if (this.#options.clock.now() - at <= REFUSAL_COUNTS_MS) return count
    this.#refusals.delete(key)
    return 0
  }

  #noteRead(key: string, isAccepted: boolean): void {
    if (isAccepted) this.#refusals.delete(key)
    else if (this.#refusals.size < MAX_REMEMBERED) {
      const count = Math.min(MAX_REFUSALS, this.refusals(key) + 1)
      this.#refusals.set(key, { count, at: this.#options.clock.now() })
    }
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

const lackedBy = (held: SlotNames, slots: readonly NamedSlot[]): number[] =>
  slots.flatMap(({ replica, seq }, place) => ((held.get(replica) ?? 0) < seq ? [place] : []))

const isBeyond = (accepted: SlotNames, proposed: SlotNames): boolean =>
  [...accepted].some(([replica, seq]) => seq > (proposed.get(replica) ?? 0))

const raise = (accepted: Map<string, number>, proposed: SlotNames): void => {
  for (const [replica, seq] of proposed)
    if (seq > (accepted.get(replica) ?? 0)) accepted.set(replica, seq)
}
