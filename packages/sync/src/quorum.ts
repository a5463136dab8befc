// Strong reads and increments: what a majority of the members has agreed on, or holds.
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { Acceptor } from './acceptor.ts'
import type { Clock, Random } from './clock.ts'
import { peerOf } from './handing-on.ts'
import type { Journal } from './journal.ts'
import type { MemberLines } from './member-lines.ts'
import { pause } from './pause.ts'
import { unitOf, type Answer, type NamedSlot, type Proposal } from './proposal.ts'
import { SharedWork } from './shared-work.ts'

/** How many members must have taken part. */
export type Need = 'quorum' | 'all'

/** A counter as it was read. */
export interface Reading {
  readonly value: bigint
  readonly ops: number
}

/** From the third round on, proposers that get in each other's way wait, at random, up to so long. */
const BACK_OFF_MS = 4
const MAX_BACK_OFF_MS = 250

export interface QuorumOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly lines: MemberLines
  readonly acceptor: Acceptor
  /** The fixed list. */
  readonly members: readonly string[]
  /** This peer's id. */
  readonly self: string
  readonly clock: Clock
  readonly random: Random
  /** Whether this peer, as a member, may vote now. */
  readonly mayVote: () => boolean
}

/** What a member is known to hold of the counter in hand. */
type Known = Map<string, number>

/** How a round ended. */
interface RoundEnd {
  /** So many as were needed have accepted the proposal. */
  readonly isAccepted: boolean
  /** Some hold more than was proposed. */
  readonly more: readonly NamedSlot[]
}

/** Counts since the start. */
export interface QuorumCounts {
  reads: number
  /** Rounds of all reads: as many as reads, where members agree at once. */
  rounds: number
  /** The most rounds that one read took. */
  mostRounds: number
}

/**
 * The proposer of generalized lattice agreement (Faleiro et al., PODC 2012, figure 1), on the join
 * semilattice of one counter's slots. See `Acceptor` for the other side, and docs/consistency.md for why
 * reads are linearizable.
 *
 * A read that a majority accepts in the first round, none of which holds more, has taken one round trip.
 * From the second round on, what members hold beyond the proposal no longer keeps it: the proposal is as
 * fresh as the call. Who has no vote has a member do it.
 */
export class Quorum {
  readonly #options: QuorumOptions
  readonly #others: readonly string[]
  readonly #isMember: boolean
  readonly #reads: SharedWork<Reading>
  readonly #spreads: SharedWork<void>
  readonly counts: QuorumCounts = { reads: 0, rounds: 0, mostRounds: 0 }

  constructor(options: QuorumOptions) {
    const { members, self } = options
    this.#options = options
    this.#others = members.filter((member) => member !== self)
    this.#isMember = members.includes(self)
    this.#reads = new SharedWork()
    this.#spreads = new SharedWork()
  }

  /**
   * The counter as no read that ended before it can have missed, nor any increment that a majority has
   * acknowledged.
   *
   * @throws the signal's reason
   */
  read(key: string, need: Need, signal: AbortSignal): Promise<Reading> {
    return this.#reads.do(`${need} ${key}`, signal, (all) =>
      this.#isMember ? this.#agree(key, need, all) : this.#delegateRead(key, need, all),
    )
  }

  /** Resolves when so many members durably hold what this replica holds of the counter. */
  spread(key: string, need: Need, signal: AbortSignal): Promise<void> {
    return this.#spreads.do(`${need} ${key}`, signal, (all) =>
      this.#isMember ? this.#hold(key, need, all) : this.#delegateSpread(key, need, all),
    )
  }

  #votesFor(need: Need): number {
    const { members } = this.#options
    return need === 'all' ? members.length : Math.floor(members.length / 2) + 1
  }

  // As a member

  async #agree(key: string, need: Need, signal: AbortSignal): Promise<Reading> {
    const { counter, journal, clock, random, self } = this.#options
    const known = new Map<string, Known>()
    this.counts.reads++
    for (let round = 1; ; round++) {
      this.counts.rounds++
      this.counts.mostRounds = Math.max(this.counts.mostRounds, round)
      const slots = counter.slots(key)
      const reading = { value: counter.getValue(key), ops: counter.getOps(key) }
      const end = await this.#round('agree', key, slots, known, need, round > 1, signal)
      if (end.isAccepted) return reading
      const units = end.more.flatMap(({ replica, unit }) =>
        unit === undefined ? [] : [{ replica, key, unit }],
      )
      if (units.length > 0) await journal.joinUnits(units, self)
      const wait = Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** round)
      if (round > 2) await pause(clock, wait * random(), signal)
      signal.throwIfAborted()
    }
  }

  async #hold(key: string, need: Need, signal: AbortSignal): Promise<void> {
    const { counter, self } = this.#options
    const known = new Map<string, Known>()
    const slots = counter.slots(key)
    // Nobody else can have what was written here just now; the rest they have, as a rule.
    const others = slots.filter(({ replica }) => peerOf(replica) !== self)
    for (const member of this.#others)
      known.set(member, new Map(others.map(({ replica, seq }) => [replica, seq])))
    for (;;) {
      const end = await this.#round('hold', key, slots, known, need, true, signal)
      if (end.isAccepted) return
    }
  }

  /** Proposes slots to all members, and waits for as many as are needed. */
  async #round(
    mode: 'agree' | 'hold',
    key: string,
    slots: readonly { readonly replica: string; readonly seq: number }[],
    known: Map<string, Known>,
    need: Need,
    isFresh: boolean,
    signal: AbortSignal,
  ): Promise<RoundEnd> {
    const { lines, acceptor, mayVote } = this.#options
    const votes = this.#votesFor(need)
    const over = new AbortController()
    const abort = (): void => over.abort(signal.reason)
    signal.addEventListener('abort', abort)
    const { promise, resolve, reject } = Promise.withResolvers<RoundEnd>()
    const more: NamedSlot[] = []
    let [accepted, answered] = [0, 0]
    const take = (answer: Answer): void => {
      answered++
      if (answer.isAccepted) accepted++
      more.push(...answer.more)
      const isAccepted = accepted >= votes && (isFresh || more.length === 0)
      if (isAccepted || answered >= votes) resolve({ isAccepted, more })
    }
    try {
      signal.throwIfAborted()
      if (this.#isMember && mayVote()) {
        const proposed = slots.map(({ replica, seq }) => ({ replica, seq }))
        take(acceptor.judge({ mode, key, slots: proposed }))
      }
      for (const member of this.#others) {
        const proposal = this.#proposalTo(member, mode, key, slots, known)
        lines.ask(member, proposal, over.signal).then((answer) => {
          learn(known, member, proposal, answer)
          take(answer)
        }, reject)
      }
      return await promise
    } finally {
      signal.removeEventListener('abort', abort)
      over.abort(ROUND_IS_OVER)
    }
  }

  /** With what the member is not known to hold; in a first round of a read, it is taken to hold all. */
  #proposalTo(
    member: string,
    mode: 'agree' | 'hold',
    key: string,
    slots: readonly { readonly replica: string; readonly seq: number }[],
    known: ReadonlyMap<string, Known>,
  ): Proposal {
    const { counter } = this.#options
    const held = known.get(member)
    const named = slots.map(({ replica, seq }): NamedSlot => {
      const since = held?.get(replica) ?? 0
      const isHeld = held === undefined || since >= seq
      return { replica, seq, unit: isHeld ? undefined : unitOf(counter, replica, key, since) }
    })
    return { mode, key, slots: named }
  }

  // As one who has no vote

  async #delegateRead(key: string, need: Need, signal: AbortSignal): Promise<Reading> {
    const { journal } = this.#options
    const answer = await this.#delegate(`read-${need}`, key, signal)
    const units = answer.more.flatMap(({ replica, unit }) =>
      unit === undefined ? [] : [{ replica, key, unit }],
    )
    if (units.length > 0) await journal.joinUnits(units, this.#options.self)
    return answer.counter!
  }

  async #delegateSpread(key: string, need: Need, signal: AbortSignal): Promise<void> {
    await this.#delegate(`spread-${need}`, key, signal)
  }

  /** Has a member do it: the one that answers first. */
  async #delegate(mode: Proposal['mode'], key: string, signal: AbortSignal): Promise<Answer> {
    const { lines } = this.#options
    const over = new AbortController()
    const abort = (): void => over.abort(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      signal.throwIfAborted()
      return await Promise.any(
        this.#others.map((member) => lines.ask(member, this.#own(mode, key), over.signal)),
      )
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      over.abort(ROUND_IS_OVER)
    }
  }

  /** What a member may lack: what was written here. What others wrote, it has, or may not take from here. */
  #own(mode: Proposal['mode'], key: string): Proposal {
    const { counter, self } = this.#options
    const slots = counter.slots(key).map(({ replica, seq }) => ({
      replica,
      seq,
      unit: peerOf(replica) === self ? unitOf(counter, replica, key, 0) : undefined,
    }))
    return { mode, key, slots }
  }
}

/** What the rest of a round is given up with. */
const ROUND_IS_OVER = new Error('the round is over')

/** What an answer tells of what a member holds. */
const learn = (
  known: Map<string, Known>,
  member: string,
  { slots }: Proposal,
  { lacks, more }: Answer,
): void => {
  const lacking = new Set(lacks)
  const held: Known = new Map()
  slots.forEach(({ replica, seq }, place) => {
    if (!lacking.has(place)) held.set(replica, seq)
  })
  for (const { replica, seq } of more) held.set(replica, seq)
  known.set(member, held)
}
