// What each peer may cost this one in a time: who takes more is slowed, then cut off, then turned away.
import { ALLOWANCES, type Allowance, type Charge, type Standing } from './allowances.ts'
import { TypedEventEmitter } from 'main-event'
import type { Clock } from './clock.ts'
import { Purse } from './purse.ts'

/** How long one that was cut off is turned away; twice as long each time that it comes to that again. */
const REFUSAL_MS = 10_000
/** A quarter of an hour: an honest peer with much to tell is never away for longer. */
const MAX_REFUSAL_MS = 900_000
/** One that was not slowed for so long has its earlier refusals forgotten. */
const GOOD_CONDUCT_MS = 1_800_000
/** One that was slowed within this time is shown as such. */
const SHOWN_MS = 10_000
/** Peers that are kept account of: ids cost nothing to make up. Those that are owed nothing go first. */
const MAX_PEERS = 4096
/** It looks through all of them no more often: a new id costs its maker next to nothing. */
const SWEEP_MS = 1000
/** Peers that are told of. */
const MAX_SHOWN = 100

/** A peer that is held back. */
export interface LimitedPeer {
  readonly peer: string
  /** `slowed`: it is read from more slowly. `refused`: it was cut off, and is turned away for a time. */
  readonly state: 'slowed' | 'refused'
  /** What it took too much of. */
  readonly charge: Charge
  /** Milliseconds since it was slowed last, or until it may come back. */
  readonly forMs: number
}

/** Counts since the start. */
export interface LimitCounts {
  /** Times that a peer was made to wait, or what it said was left out. */
  slowed: number
  /** Times that a peer was cut off. */
  cutOff: number
  /** Times that one that had been cut off was turned away. */
  refused: number
}

interface Account {
  readonly purses: Map<Charge, Purse>
  /** What it was slowed for last, and when. */
  charge: Charge
  slowedAt: number
  refusedUntil: number
  /** Times that it was cut off. */
  times: number
}

export interface PeerLimitsOptions {
  readonly clock: Clock
  /** The fixed list of members; empty where there are none. */
  readonly members: readonly string[]
}

/** A peer that was cut off. */
export interface CutOff {
  readonly peer: string
  /** What it took too much of. */
  readonly charge: Charge
  /** Milliseconds that it is turned away for. */
  readonly refusedMs: number
}

export interface PeerLimitsEvents {
  cutoff: CustomEvent<CutOff>
}

export class PeerLimits extends TypedEventEmitter<PeerLimitsEvents> {
  readonly #options: PeerLimitsOptions
  readonly #accounts = new Map<string, Account>()
  #sweptAt = -Infinity
  readonly counts: LimitCounts = { slowed: 0, cutOff: 0, refused: 0 }

  constructor(options: PeerLimitsOptions) {
    super()
    this.#options = options
  }

  /**
   * A peer takes so much, and owes it where it has not got it.
   *
   * @returns milliseconds to let it wait; Infinity where it owes too much, and was cut off
   */
  take(peer: string, charge: Charge, amount: number): number {
    const allowance = this.#allowanceOf(peer, charge)
    if (allowance.burst === Infinity) return 0
    const account = this.#accountOf(peer)
    if (this.#isRefused(account)) return Infinity
    const purse = purseOf(account, charge, allowance, this.#now)
    purse.take(amount, this.#now)
    const { owedMs } = purse
    if (owedMs === 0) return 0
    this.#noteSlow(account, charge)
    if (!purse.owesTooMuch) return owedMs
    purse.forgive()
    this.#cutOff(peer, account, charge)
    return Infinity
  }

  /**
   * A peer takes so much if it has got it: else nothing is taken, and what it wants is to be left out. For
   * what may be none of its doing: others can hand on again what it said once.
   */
  mayTake(peer: string, charge: Charge, amount: number): boolean {
    const allowance = this.#allowanceOf(peer, charge)
    if (allowance.burst === Infinity) return true
    const account = this.#accountOf(peer)
    const purse = purseOf(account, charge, allowance, this.#now)
    if (!this.#isRefused(account) && purse.mayTake(amount, this.#now)) return true
    this.#noteSlow(account, charge)
    return false
  }

  /** Whether a peer was cut off, and its time is not over. */
  isRefused(peer: string): boolean {
    const account = this.#accounts.get(peer)
    return account !== undefined && this.#isRefused(account)
  }

  /** As `isRefused`, of one that is at the door. */
  turnsAway(peer: string): boolean {
    const isRefused = this.isRefused(peer)
    if (isRefused) this.counts.refused++
    return isRefused
  }

  /** Who is held back now: those that are refused first. */
  status(): LimitedPeer[] {
    const now = this.#now
    return [...this.#accounts]
      .flatMap(([peer, { charge, slowedAt, refusedUntil }]): LimitedPeer[] => {
        if (refusedUntil > now)
          return [{ peer, state: 'refused', charge, forMs: Math.ceil(refusedUntil - now) }]
        const forMs = Math.floor(now - slowedAt)
        return forMs < SHOWN_MS ? [{ peer, state: 'slowed', charge, forMs }] : []
      })
      .toSorted((a, b) => a.state.localeCompare(b.state))
      .slice(0, MAX_SHOWN)
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  #allowanceOf(peer: string, charge: Charge): Allowance {
    return ALLOWANCES[this.#standingOf(peer)][charge]
  }

  #standingOf(peer: string): Standing {
    const { members } = this.#options
    if (members.length === 0) return 'equal'
    return members.includes(peer) ? 'member' : 'other'
  }

  #isRefused({ refusedUntil }: Account): boolean {
    return refusedUntil > this.#now
  }

  #accountOf(peer: string): Account {
    const known = this.#accounts.get(peer)
    if (known !== undefined) return known
    if (this.#accounts.size >= MAX_PEERS) this.#forgetSome()
    const account: Account = {
      purses: new Map(),
      charge: 'messages',
      slowedAt: -Infinity,
      refusedUntil: -Infinity,
      times: 0,
    }
    this.#accounts.set(peer, account)
    return account
  }

  /** Who owes nothing is as one who was never here; else it is the one that came first. */
  #forgetSome(): void {
    if (this.#now - this.#sweptAt >= SWEEP_MS) this.#sweep()
    if (this.#accounts.size < MAX_PEERS) return
    const [first] = this.#accounts.keys()
    this.#accounts.delete(first!)
  }

  #sweep(): void {
    this.#sweptAt = this.#now
    for (const [peer, account] of this.#accounts)
      if (this.#isSettled(account)) this.#accounts.delete(peer)
  }

  #isSettled({ slowedAt, refusedUntil, purses, times }: Account): boolean {
    const now = this.#now
    const quietSince = times === 0 ? SHOWN_MS : GOOD_CONDUCT_MS
    if (refusedUntil > now || now - slowedAt < quietSince) return false
    return [...purses.values()].every((purse) => purse.isFull(now))
  }

  #noteSlow(account: Account, charge: Charge): void {
    if (this.#now - account.slowedAt > GOOD_CONDUCT_MS) account.times = 0
    account.charge = charge
    account.slowedAt = this.#now
    this.counts.slowed++
  }

  #cutOff(peer: string, account: Account, charge: Charge): void {
    const refusedMs = Math.min(REFUSAL_MS * 2 ** account.times, MAX_REFUSAL_MS)
    account.times++
    account.refusedUntil = this.#now + refusedMs
    this.counts.cutOff++
    this.safeDispatchEvent('cutoff', { detail: { peer, charge, refusedMs } })
  }
}

const purseOf = ({ purses }: Account, charge: Charge, allowance: Allowance, now: number): Purse => {
  const purse = purses.get(charge) ?? new Purse(allowance, now)
  purses.set(charge, purse)
  return purse
}
