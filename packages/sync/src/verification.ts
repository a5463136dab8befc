// Verification: an id is continued only on proof (DESIGN section 8).
import type { DistributedKeyCounter } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { isProvisional } from './identity.ts'
import type { Journal } from './journal.ts'
import type { Word } from './member-lines.ts'
import type { Log } from './replicator.ts'

/** How long members may be out of reach before the replica goes on without their word. */
const LIMIT_MS = 10_000
/** A store that did not take the fold is tried again after this. */
const RETRY_MS = 1000

export interface VerificationOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
  /** Peer ids of the members, less this peer's. */
  readonly members: readonly string[]
}

/**
 * A store can not know by itself that it is an old copy. So what a replica counts is provisional until
 * every other member has told that it knows no more of the replica's id than the store holds. Where
 * one knows more, or is out of reach for too long, or has another living process under the id, the
 * replica goes on under a new epoch, and the old id's slots come back from others.
 */
export class Verification {
  readonly #options: VerificationOptions
  readonly #fine = new Set<string>()
  #cancel: () => void = () => {}
  #stopped = false

  constructor(options: VerificationOptions) {
    this.#options = options
  }

  get #epoch(): string {
    return this.#options.counter.authorship.epoch
  }

  get #isOpen(): boolean {
    return !this.#stopped && isProvisional(this.#options.counter.authorship)
  }

  start(): void {
    if (!this.#isOpen) return
    this.#cancel = this.#options.clock.after(LIMIT_MS, () => this.#giveUp())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  /**
   * A line to a member was opened. What others have told may be no longer true: of two members, the one
   * that knew more may have lost its store after the other had taken it from there, and told before. So
   * all are asked anew: of members that tell while all lines stand, none has lost what it knew.
   *
   * @returns whether all members are to be asked
   */
  opened(): boolean {
    this.#fine.clear()
    return this.#isOpen
  }

  /** A member has answered: at the start, and whenever a line was opened. */
  told(member: string, { epoch, seq, isHeld, isOld }: Word): void {
    const { counter, members } = this.#options
    if (this.#stopped || epoch !== this.#epoch) return
    if (seq > counter.lastSeq(epoch))
      return this.#renew(`${member} knows more of it than this store`, true)
    // Of two copies, one is the older.
    if (isHeld) return this.#renew(`${member} has another living process under it`, true)
    if (isOld) return
    this.#fine.add(member)
    if (this.#isOpen && members.every((other) => this.#fine.has(other))) void this.#fold(epoch)
  }

  #giveUp(): void {
    const missed = this.#options.members.filter((member) => !this.#fine.has(member))
    if (this.#isOpen && missed.length > 0)
      this.#renew(`members were out of reach: ${missed.join(', ')}`, false)
  }

  #renew(reason: string, isRollback: boolean): void {
    void this.#tryRenewal(this.#epoch, reason, isRollback)
  }

  async #tryRenewal(epoch: string, reason: string, isRollback: boolean): Promise<void> {
    const { journal, clock } = this.#options
    await journal.renew(epoch, reason, isRollback).catch(() => undefined)
    if (this.#stopped || epoch !== this.#epoch) return
    // The store did not take it: nobody sees the new epoch before it does.
    this.#cancel()
    this.#cancel = clock.after(RETRY_MS, () => {
      if (epoch === this.#epoch) this.#renew(reason, isRollback)
    })
  }

  async #fold(epoch: string): Promise<void> {
    this.#cancel()
    try {
      await this.#options.journal.fold(epoch)
    } catch (error) {
      if (this.#stopped) return
      this.#options.log.warn('could not take up the id yet', { epoch, error })
      // Members may have told again meanwhile: one retry is enough.
      this.#cancel()
      this.#cancel = this.#options.clock.after(RETRY_MS, () => {
        if (this.#isOpen && epoch === this.#epoch) void this.#fold(epoch)
      })
    }
  }
}
