// For how long requests are remembered: when the replica moves the floor of its request records.
import { bytesOf, TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import { Ages, AGES } from './ages.ts'
import type { Clock } from './clock.ts'
import { isProvisional } from './identity.ts'
import type { Journal } from './journal.ts'
import { pause } from './pause.ts'
import type { Answer, NamedSlot, Proposal } from './proposal.ts'
import { Rate } from './rate.ts'
import type { Log } from './replicator.ts'
import type { RequestStatus } from './types.ts'

export interface RetentionLimits {
  /** How long a request is remembered. */
  readonly retentionMs: number
  /** What a replica's own request records may take on the wire, all together. */
  readonly capBytes: number
}

export const DEFAULT_RETENTION: RetentionLimits = Object.freeze({
  /** Clients that gave up for the night try again the next day. */
  retentionMs: 24 * 3600 * 1000,
  /**
   * A slot goes in one message, of at most 4 MiB, with all its records, and all may be those of one key.
   * Some 150,000.
   */
  capBytes: 3 * 1024 * 1024,
})

/** Allowed for each. */
const BOUNDS = {
  retentionMs: [1000, 366 * 24 * 3600 * 1000],
  capBytes: [4096, 3.5 * 1024 * 1024],
} as const

/** Ages are told apart by so much of the retention time, and by no more than ten minutes. */
const STEPS = 16
const MAX_STEP_MS = 600_000
/** The longest pause before a member that has said no is asked again: it may say no for hours. */
const MAX_STEPS = 8
/** Of a full cap, so much is made free at once: a move of the floor is an operation that goes to all. */
const FREED = 1 / 8
/** A vouching names no counter. */
const NO_COUNTER = 'floor'

export interface RetentionOptions extends RetentionLimits {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
  readonly members: readonly string[]
  /** This peer's id. */
  readonly self: string
  /** Asks a member until it has an answer. */
  readonly ask: (member: string, proposal: Proposal, signal: AbortSignal) => Promise<Answer>
  /** What the store has kept of it. */
  readonly ages: Uint8Array | undefined
}

/**
 * A record goes once it is old enough, and no application of its request can turn up any more that was
 * made in that time at a member: each member has said that it holds the record, from when on it answers
 * a retry with it; and all that any member held by then is held here, so that an earlier application
 * there is known, and its records stay. What goes because there are too many waits for nobody.
 *
 * Nothing runs while there is nothing to forget.
 */
export class Retention {
  readonly #options: RetentionOptions
  readonly #ages: Ages
  readonly #added: Rate
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #cancel: (() => void) | undefined
  /** The members are being asked. */
  #isAsking = false
  /** A move that makes room is under way; or there was none to make, with so many bytes. */
  #isMaking = false
  #fullAt = 0
  /** Records up to there have been looked at: so many are left, and stay. */
  #settled = { epoch: '', upTo: 0, records: 0 }

  constructor(options: RetentionOptions) {
    this.#options = options
    const now = (): number => options.clock.now()
    this.#ages = new Ages(options.ages)
    this.#added = new Rate(now, this.#remembered.added)
  }

  start(): void {
    this.committed()
  }

  /** Called after each commit, and under another id: two look-ups where no request was made here. */
  committed(): void {
    const { records, bytes, added } = this.#remembered
    if (records === 0 || this.#stopping.signal.aborted) return
    this.#added.note(added)
    if (bytes > this.#options.capBytes) this.#makeRoom()
    if (this.#cancel === undefined && this.#hasSome) this.#schedule()
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#stopping.abort(new TallymeshError('ERR_STOPPED', 'the service has been stopped'))
    await Promise.all(this.#underWay)
  }

  status(): RequestStatus {
    const { retentionMs, capBytes } = this.#options
    const { records, bytes, added } = this.#remembered
    const kept = this.#kept
    // Those that stay take room for ever.
    const room = Math.max(0, capBytes - (records === 0 ? 0 : (bytes * kept) / records))
    const perMs = this.#added.perMs(added)
    const safeMs = perMs === 0 ? retentionMs : Math.min(retentionMs, Math.floor(room / perMs))
    return { records, kept, bytes, retentionMs, capBytes, safeMs }
  }

  get #remembered(): ReturnType<DistributedKeyCounter['remembered']> {
    const { counter } = this.#options
    return counter.remembered(counter.replica)
  }

  /** Records that stay. */
  get #kept(): number {
    const { counter } = this.#options
    const passed = counter.floor(counter.replica)?.kept.length ?? 0
    const { epoch, records } = this.#settled
    return epoch === counter.replica ? Math.max(passed, records) : passed
  }

  /** Up to where records have been looked at. */
  get #settledUpTo(): number {
    const { counter } = this.#options
    const passed = counter.floor(counter.replica)?.upTo ?? 0
    const { epoch, upTo } = this.#settled
    return epoch === counter.replica ? Math.max(passed, upTo) : passed
  }

  get #hasSome(): boolean {
    return this.#remembered.records > this.#kept
  }

  // By age

  get #stepMs(): number {
    return Math.min(MAX_STEP_MS, Math.ceil(this.#options.retentionMs / STEPS))
  }

  #schedule(): void {
    const { counter, clock } = this.#options
    if (!isProvisional(counter.authorship)) this.#ages.mark(counter.replica, counter.seq)
    this.#cancel = clock.after(this.#stepMs, () => {
      this.#cancel = undefined
      this.#ages.pass(this.#stepMs)
      if (!this.#hasSome) return
      this.#schedule()
      this.#track(this.#save())
      this.#forgetOld()
    })
  }

  async #save(): Promise<void> {
    // It is noted with the next step, where the store refuses.
    await this.#options.journal.note(AGES, this.#ages.encode()).catch(() => undefined)
  }

  #forgetOld(): void {
    const { counter, retentionMs } = this.#options
    const { writer, epoch } = counter.authorship
    if (writer !== epoch || this.#isAsking) return
    const upTo = this.#ages.lastOlderThan(epoch, retentionMs)
    if (upTo <= this.#settledUpTo) return
    this.#isAsking = true
    this.#track(
      this.#vouched(epoch, upTo)
        .then(() => this.#move(epoch, upTo))
        .then(() => this.#ages.forget(upTo))
        .catch((error: unknown) => this.#couldNot(error))
        .finally(() => {
          this.#isAsking = false
        }),
    )
  }

  /** Resolves when no member can have applied a request unknown to this replica. */
  async #vouched(epoch: string, upTo: number): Promise<void> {
    const { members, self } = this.#options
    const others = members.filter((member) => member !== self)
    await Promise.all(others.map((member) => this.#vouchedBy(member, epoch, upTo)))
  }

  async #vouchedBy(member: string, epoch: string, upTo: number): Promise<void> {
    const { ask } = this.#options
    const { signal } = this.#stopping
    const slots = [{ replica: epoch, seq: upTo }]
    for (let refused = 0; ; refused++) {
      const answer = await ask(member, { mode: 'vouch', key: NO_COUNTER, slots }, signal)
      if (answer.isAccepted) return await this.#untilHeld(answer.more)
      await this.#steps(Math.min(2 ** refused, MAX_STEPS))
    }
  }

  /** Resolves when all that a member named is held here. */
  async #untilHeld(named: readonly NamedSlot[]): Promise<void> {
    const { counter } = this.#options
    for (;;) {
      const { version } = counter
      if (named.every(({ replica, seq }) => (version.get(replica) ?? 0) >= seq)) return
      await this.#steps(1)
    }
  }

  async #steps(count: number): Promise<void> {
    const { signal } = this.#stopping
    await pause(this.#options.clock, count * this.#stepMs, signal)
    signal.throwIfAborted()
  }

  async #move(epoch: string, upTo: number): Promise<void> {
    const { journal, counter } = this.#options
    if (!(await journal.moveFloor(epoch, upTo))) return
    let records = 0
    for (const { record } of counter.oldestRecords(epoch)) {
      if (record.seq > upTo) break
      records++
    }
    this.#settled = { epoch, upTo, records }
  }

  // By size

  /** The oldest go first, whoever knows of them. */
  #makeRoom(): void {
    const { counter, capBytes, log } = this.#options
    const { writer, epoch } = counter.authorship
    const { bytes } = this.#remembered
    if (writer !== epoch || this.#isMaking || bytes < this.#fullAt) return
    const upTo = this.#oldest(bytes - capBytes * (1 - FREED))
    // None but such as stay: it is looked at again when there are many more.
    this.#fullAt = bytes + capBytes * FREED
    if (upTo === 0) return
    const { safeMs } = this.status()
    log.warn('too many requests to remember them all', { bytes, capBytes, safeMs })
    this.#isMaking = true
    this.#track(
      this.#move(epoch, upTo)
        .catch((error: unknown) => this.#couldNot(error))
        .finally(() => {
          this.#isMaking = false
          if (this.#remembered.bytes < bytes) this.#fullAt = 0
        }),
    )
  }

  /** The operation up to which records take so many bytes; 0 where there are none to drop. */
  #oldest(bytes: number): number {
    const { counter } = this.#options
    const settled = this.#settledUpTo
    let left = bytes
    let last = 0
    for (const { record } of counter.oldestRecords(counter.replica)) {
      if (record.seq <= settled) continue
      left -= bytesOf(record)
      last = record.seq
      if (left <= 0) break
    }
    return last
  }

  #couldNot(error: unknown): void {
    if (!this.#stopping.signal.aborted)
      this.#options.log.info('could not let go of request records yet', { error })
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }
}

/**
 * What was asked for, checked.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT`
 */
export const checkRetention = (asked: Partial<RetentionLimits>): RetentionLimits => {
  const limits = { ...DEFAULT_RETENTION, ...asked }
  for (const name of ['retentionMs', 'capBytes'] as const) {
    const [least, most] = BOUNDS[name]
    const value: unknown = limits[name]
    if (typeof value === 'number' && value >= least && value <= most) continue
    throw new TallymeshError(
      'ERR_INVALID_ARGUMENT',
      `requests.${name} is a number from ${least} to ${most}; got ${String(value).slice(0, 80)}`,
    )
  }
  return limits
}
