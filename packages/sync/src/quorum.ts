// Strong reads and increments: what a majority of the members has agreed on, or holds.
import { Errands, type ErrandsOptions } from './errands.ts'
import { partsOf } from './floor-names.ts'
import { unitsOf, type Need, type Reading } from './proposal.ts'
import { runRound, type Question, type RoundEnd, type RoundOptions } from './round.ts'
import { SharedWork } from './shared-work.ts'

/** From this round on, a read goes before all else that is voted on. */
const INSISTS_FROM = 3

export interface QuorumOptions extends Omit<RoundOptions, 'others'>, ErrandsOptions {
  /** A read was agreed on, in so many rounds. */
  readonly agreed?: ((rounds: number) => void) | undefined
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
 * reads are linearizable, and how many rounds they take at most.
 *
 * A read that a majority accepts in the first round, none of which holds more, has taken one round trip.
 * From the second round on, what members hold beyond the proposal no longer keeps it: the proposal is as
 * fresh as the call. Who has no vote has a member do it.
 */
export class Quorum {
  readonly #options: QuorumOptions
  readonly #round: RoundOptions
  readonly #errands: Errands
  readonly #isMember: boolean
  readonly #reads = new SharedWork<Reading>()
  readonly #spreads = new SharedWork<void>()
  readonly counts: QuorumCounts = { reads: 0, rounds: 0, mostRounds: 0 }

  constructor(options: QuorumOptions) {
    const { members, self } = options
    this.#options = options
    const others = members.filter((member) => member !== self)
    this.#round = { ...options, others }
    this.#errands = new Errands({ ...options, members: others })
    this.#isMember = members.includes(self)
  }

  /**
   * The counter as no read that ended before it can have missed, nor any increment that a majority has
   * acknowledged.
   *
   * @throws the signal's reason
   */
  read(key: string, need: Need, signal: AbortSignal): Promise<Reading> {
    return this.#reads.do(`${need} ${key}`, signal, (all) => {
      if (!this.#isMember) return this.#errands.read(key, need, all)
      return need === 'all' ? this.#agreeOfAll(key, all) : this.#agree(key, all)
    })
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
    if (this.#isMember)
      return this.#spreads.do(`${need} ${key}`, signal, (all) => this.#hold(key, need, all))
    return this.#spreads.do(JSON.stringify([need, key, ...writers]), signal, (all) =>
      this.#errands.spread(key, need, writers, all),
    )
  }

  get #majority(): number {
    return Math.floor(this.#options.members.length / 2) + 1
  }

  async #agree(key: string, signal: AbortSignal): Promise<Reading> {
    let round = 1
    try {
      for (; ; round++) {
        const mode = round < INSISTS_FROM ? 'agree' : 'insist'
        const { isAccepted, reading } = await this.#propose(
          key,
          mode,
          round,
          this.#majority,
          signal,
        )
        if (isAccepted) {
          this.#options.agreed?.(round)
          return reading
        }
        signal.throwIfAborted()
      }
    } finally {
      if (round >= INSISTS_FROM) this.#yield(key)
    }
  }

  /** In one round, where all hold the same; else it is agreed on as ever, and given to all. */
  async #agreeOfAll(key: string, signal: AbortSignal): Promise<Reading> {
    const { members, agreed: told } = this.#options
    const { isAccepted, reading } = await this.#propose(key, 'agree', 1, members.length, signal)
    if (isAccepted) {
      told?.(1)
      return reading
    }
    const agreed = await this.#reads.do(`quorum ${key}`, signal, (all) => this.#agree(key, all))
    await this.#hold(key, 'all', signal)
    return agreed
  }

  /** One round, and what there was to read when it began. What members hold beyond is joined. */
  async #propose(
    key: string,
    mode: 'agree' | 'insist',
    round: number,
    votes: number,
    signal: AbortSignal,
  ): Promise<{ readonly isAccepted: boolean; readonly reading: Reading }> {
    const { counter, journal, self } = this.#options
    if (round === 1) this.counts.reads++
    this.counts.rounds++
    this.counts.mostRounds = Math.max(this.counts.mostRounds, round)
    const reading = { value: counter.getValue(key), ops: counter.getOps(key) }
    const question = { mode, key, slots: partsOf(counter, key), votes, isFresh: round > 1 }
    const { isAccepted, more } = await this.#ask(question, signal)
    const units = isAccepted ? [] : unitsOf(key, more)
    if (units.length > 0) await journal.joinUnits(units, self)
    return { isAccepted, reading }
  }

  async #hold(key: string, need: Need, signal: AbortSignal): Promise<void> {
    const { counter, members } = this.#options
    const votes = need === 'all' ? members.length : this.#majority
    const question = {
      mode: 'hold',
      key,
      slots: partsOf(counter, key),
      votes,
      isFresh: true,
    } as const
    await this.#ask(question, signal)
  }

  #ask(question: Question, signal: AbortSignal): Promise<RoundEnd> {
    return runRound(this.#round, question, signal)
  }

  /** The read is over, whatever it came to: the others need not wait. */
  #yield(key: string): void {
    const { acceptor, lines, self } = this.#options
    const proposal = { mode: 'yield', key, slots: [] } as const
    acceptor.heard(self, [proposal])
    for (const member of this.#round.others) lines.tell(member, proposal)
  }
}
