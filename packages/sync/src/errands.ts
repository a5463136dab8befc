// Strong calls of a peer that has no vote: a member does them for it.
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { partsOf } from './floor-names.ts'
import { peerOf } from './handing-on.ts'
import type { Holdings } from './holdings.ts'
import type { Journal } from './journal.ts'
import type { MemberLines } from './member-lines.ts'
import { pause } from './pause.ts'
import {
  partOf,
  unitsOf,
  type Answer,
  type Errand,
  type NamedSlot,
  type Need,
  type Proposal,
  type Reading,
} from './proposal.ts'
import { ROUND_IS_OVER } from './round.ts'

/** Before a member is asked again that does not hold yet what it is to spread. */
const RETRY_MS = 100

export interface ErrandsOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly lines: MemberLines
  readonly holdings: Holdings
  readonly members: readonly string[]
  /** This peer's id. */
  readonly self: string
  readonly clock: Clock
}

export class Errands {
  readonly #options: ErrandsOptions

  constructor(options: ErrandsOptions) {
    this.#options = options
  }

  /** @throws the signal's reason */
  async read(key: string, need: Need, signal: AbortSignal): Promise<Reading> {
    const { journal, self } = this.#options
    const answer = await this.#first(`read-${need}`, key, [], signal)
    const units = unitsOf(key, answer.more)
    if (units.length > 0) await journal.joinUnits(units, self)
    return answer.counter!
  }

  /**
   * @param writers of whom the member has to hold the slots, besides this peer's own
   * @throws the signal's reason
   */
  async spread(
    key: string,
    need: Need,
    writers: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { isAccepted } = await this.#first(`spread-${need}`, key, writers, signal)
      if (isAccepted) return
      // It lacks what is sent next; or what another wrote, and takes that from the other.
      if (tries > 1) await pause(this.#options.clock, RETRY_MS, signal)
      signal.throwIfAborted()
    }
  }

  /** Asks all members; the first that has done it answers. */
  async #first(
    mode: Errand,
    key: string,
    writers: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer> {
    const { members } = this.#options
    const over = new AbortController()
    const abort = (): void => over.abort(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      signal.throwIfAborted()
      return await Promise.any(
        members.map((member) => this.#ask(member, mode, key, writers, over.signal)),
      )
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      over.abort(ROUND_IS_OVER)
    }
  }

  #ask(
    member: string,
    mode: Errand,
    key: string,
    writers: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer> {
    const proposal = this.#proposalTo(member, mode, key, writers)
    return this.#options.lines.ask(member, proposal, signal)
  }

  /**
   * What was written here, where the member is not known to hold it; what others wrote, it may not take
   * from here. To a read that is named, so that it is not sent; to a spread only where it must be there.
   */
  #proposalTo(member: string, mode: Errand, key: string, writers: readonly string[]): Proposal {
    const { counter, holdings, self } = this.#options
    const isRead = mode === 'read-quorum' || mode === 'read-all'
    const slots = partsOf(counter, key).flatMap(({ replica, seq }): NamedSlot[] => {
      if (peerOf(replica) === self) {
        const since = holdings.seq(member, key, replica) ?? 0
        if (since >= seq) return [{ replica, seq }]
        return [{ replica, seq, unit: partOf(counter, replica, key, since) }]
      }
      return isRead || writers.includes(replica) ? [{ replica, seq }] : []
    })
    return { mode, key, slots }
  }
}
