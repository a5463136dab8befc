// Strong reads and increments: what a majority of the members has agreed on, or holds.
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { Acceptor } from './acceptor.ts'
import type { Clock, Random } from './clock.ts'
import { peerOf } from './handing-on.ts'
import type { Journal } from './journal.ts'
import type { MemberLines } from './member-lines.ts'
import { pause } from './pause.ts'
import { partsOf } from './floor-names.ts'
import { partOf, type Answer, type Errand, type NamedSlot, type Proposal } from './proposal.ts'
import { SharedWork } from './shared-work.ts'

/** How many members must have taken part. */
export type Need = 'quorum' | 'all'

/** A counter as it was read. */
export interface Reading {
  readonly value: bigint
  readonly ops: number
}

/** Before a member is asked again that does not hold yet what it is to spread, or may not vote. */
const RETRY_MS = 100
/**
 * Those who get in each other's way wait, at random: reads for each other after every second round, and
 * increments for reads that they keep from ending.
 */
const BACK_OFF_MS = 4
const MAX_BACK_OFF_MS = 1000

const backOffMs = (times: number): number => Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** times)

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

  /**
   * Resolves when so many members durably hold what was counted here: of a member, all that it holds of
   * the counter; else what it wrote itself.
   *
   * @param writers whose slots it is about besides: of an increment that repeats another's
   */
  spread(
    key: string,
    need: Need,
    signal: AbortSignal,
    writers: readonly string[] = [],
  ): Promise<void> {
    const name = JSON.stringify([need, key, ...writers])
    return this.#spreads.do(name, signal, (all) =>
      this.#isMember ? this.#hold(key, need, all) : this.#delegateSpread(key, need, writers, all),
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
      const slots = partsOf(counter, key)
      const reading = { value: counter.getValue(key), ops: counter.getOps(key) }
      const end = await this.#round('agree', key, slots, known, need, round > 1, signal)
      if (end.isAccepted) return reading
      const units = end.more.flatMap(({ replica, unit }) =>
        unit === undefined ? [] : [{ replica, key, unit }],
      )
      if (units.length > 0) await journal.joinUnits(units, self)
      // Not after an odd one: what it has just been told of is to be proposed before it is old.
      if (round % 2 === 0) await pause(clock, backOffMs(round / 2) * random(), signal)
      signal.throwIfAborted()
    }
  }

  async #hold(key: string, need: Need, signal: AbortSignal): Promise<void> {
    const { counter, self, acceptor, clock, random } = this.#options
    const known = new Map<string, Known>()
    const slots = partsOf(counter, key)
    // Nobody else can have what was written here just now; the rest they have, as a rule.
    const others = slots.filter(({ replica }) => peerOf(replica) !== self)
    for (const member of this.#others)
      known.set(member, new Map(others.map(({ replica, seq }) => [replica, seq])))
    for (;;) {
      const refusals = acceptor.refusals(key)
      if (refusals > 1) await pause(clock, backOffMs(refusals) * random(), signal)
      signal.throwIfAborted()
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
      const proposed = slots.map(({ replica, seq }) => ({ replica, seq }))
      const judge = (): void => take(acceptor.judge({ mode, key, slots: proposed }))
      if (mayVote()) judge()
      else this.#whenMayVote(over.signal).then(judge, reject)
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

  /** This member's own vote, which others would ask for again, too. */
  async #whenMayVote(signal: AbortSignal): Promise<void> {
    const { clock, mayVote } = this.#options
    while (!mayVote()) {
      await pause(clock, RETRY_MS, signal)
      signal.throwIfAborted()
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
      return { replica, seq, unit: isHeld ? undefined : partOf(counter, replica, key, since) }
    })
    return { mode, key, slots: named }
  }

  // As one who has no vote

  async #delegateRead(key: string, need: Need, signal: AbortSignal): Promise<Reading> {
    const { journal } = this.#options
    const answer = await this.#delegate(`read-${need}`, key, [], signal)
    const units = answer.more.flatMap(({ replica, unit }) =>
      unit === undefined ? [] : [{ replica, key, unit }],
    )
    if (units.length > 0) await journal.joinUnits(units, this.#options.self)
    return answer.counter!
  }

  async #delegateSpread(
    key: string,
    need: Need,
    writers: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const { isAccepted } = await this.#delegate(`spread-${need}`, key, writers, signal)
      if (isAccepted) return
      // It lacks what another wrote, and takes it from the other, or from another member.
      await pause(this.#options.clock, RETRY_MS, signal)
      signal.throwIfAborted()
    }
  }

  /** Has a member do it: the one that answers first. */
  async #delegate(
    mode: Errand,
    key: string,
    writers: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer> {
    const { lines } = this.#options
    const over = new AbortController()
    const abort = (): void => over.abort(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      signal.throwIfAborted()
      return await Promise.any(
        this.#others.map((member) => lines.ask(member, this.#own(mode, key, writers), over.signal)),
      )
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      over.abort(ROUND_IS_OVER)
    }
  }

  /**
   * What was written here, whole; what others wrote, a member may not take from here. To a read it is
   * named, so that it is not sent; to a spread only where it must be there.
   */
  #own(mode: Errand, key: string, writers: readonly string[]): Proposal {
    const { counter, self } = this.#options
    const isRead = mode === 'read-quorum' || mode === 'read-all'
    const slots = partsOf(counter, key).flatMap(({ replica, seq }): NamedSlot[] => {
      if (peerOf(replica) === self)
        return [{ replica, seq, unit: partOf(counter, replica, key, 0) }]
      return isRead || writers.includes(replica) ? [{ replica, seq }] : []
    })
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
