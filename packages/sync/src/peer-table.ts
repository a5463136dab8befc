// Who is in reach, and what the last exchange with each told.
import { ClockOffset } from './clock-offset.ts'
import type { Outcome } from './exchange-context.ts'
import type { PeerLink } from './network.ts'
import type { PeerStatus } from './types.ts'

/** Peers that are remembered: tabs come and go under ever new ids. */
const MAX_KNOWN = 1000

/** What is known of a peer, also after it left. */
type Acquaintance = Pick<PeerStatus, 'lastExchangeMs' | 'lag' | 'holds' | 'roundTripMs'> & {
  readonly clock: ClockOffset | null
}

const STRANGER: Acquaintance = {
  lastExchangeMs: null,
  lag: null,
  holds: null,
  roundTripMs: null,
  clock: null,
}

export class PeerTable {
  /** In the order in which they were last met. */
  readonly #known = new Map<string, Acquaintance>()
  readonly #connected = new Set<string>()
  /** Peers with which something is out of step, and since when that is known. */
  readonly #apart = new Map<string, number>()
  /** When a peer last told something new: those not compared with since may lack it. */
  #movedAt = -Infinity

  connect(peer: string, now: number): void {
    const known = this.#known.get(peer) ?? STRANGER
    this.#known.delete(peer)
    this.#known.set(peer, known)
    this.#connected.add(peer)
    this.noteApart(peer, now)
    this.#forgetOldest()
  }

  disconnect(peer: string): void {
    this.#connected.delete(peer)
    this.#apart.delete(peer)
  }

  /** A peer, or this replica, lacks something; or it could not be found out. */
  noteApart(peer: string, now: number): void {
    if (this.#connected.has(peer) && !this.#apart.has(peer)) this.#apart.set(peer, now)
  }

  /** Since when something is known to be out of step; Infinity where nothing is. */
  apartSince(): number {
    return Math.min(...this.#apart.values())
  }

  isConnected(peer: string): boolean {
    return this.#connected.has(peer)
  }

  /** Whether it is in reach, and was never compared with. */
  isUntried(peer: string): boolean {
    return this.#connected.has(peer) && this.#known.get(peer)?.lastExchangeMs === null
  }

  /** Peers in reach. */
  connected(): string[] {
    return [...this.#connected]
  }

  /** Peers in reach that were not compared with since something new came in. */
  behind(): string[] {
    return this.connected().filter(
      (peer) => (this.#known.get(peer)?.lastExchangeMs ?? -Infinity) < this.#movedAt,
    )
  }

  /** Takes note of an exchange that ended at `now`. */
  note(peer: string, outcome: Outcome, now: number): void {
    const { lag, holds, received, roundTripMs } = outcome
    if (outcome.isWhole) this.#apart.delete(peer)
    else this.noteApart(peer, now)
    const known = this.#known.get(peer) ?? STRANGER
    this.#known.set(peer, {
      lastExchangeMs: now,
      lag,
      holds: holds ?? known.holds,
      roundTripMs: roundTripMs ?? known.roundTripMs,
      clock: clockOf(known.clock, outcome),
    })
    if (received > 0) this.#movedAt = now
  }

  /** Milliseconds that a peer's wall clock is ahead of ours, or null. */
  clockOffsetMs(peer: string): number | null {
    return this.#known.get(peer)?.clock?.ms ?? null
  }

  status(links: readonly PeerLink[]): PeerStatus[] {
    const byPeer = new Map(links.map((link) => [link.peer, link]))
    return [...this.#known].map(([peer, { clock, ...known }]) => ({
      peer,
      connected: this.#connected.has(peer),
      addresses: byPeer.get(peer)?.addresses ?? [],
      ...known,
      clockOffsetMs: clock?.ms ?? null,
      roundTripMs: known.roundTripMs ?? byPeer.get(peer)?.roundTripMs ?? null,
    }))
  }

  #forgetOldest(): void {
    for (const peer of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return
      if (!this.#connected.has(peer)) this.#known.delete(peer)
    }
  }
}

const clockOf = (
  known: ClockOffset | null,
  { clocks, roundTripMs }: Outcome,
): ClockOffset | null => {
  if (clocks === null || roundTripMs === null) return known
  const clock = known ?? new ClockOffset()
  clock.add(clocks.askedAt, clocks.told, roundTripMs)
  return clock
}
