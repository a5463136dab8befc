// Which members are in reach, and what that comes to: all of them, enough for a majority, or too few.
import type { Clock } from './clock.ts'

/** A link that blinks for less changes nothing. */
const LOST_MS = 3000

/**
 * - `connected`: all members are in reach
 * - `partitioned`: some are not, and a majority is
 * - `isolated`: no majority is: strong calls fail, local ones go on
 */
export type Reachability = 'connected' | 'partitioned' | 'isolated'

/** How a peer stands to the members. */
export interface ReachStatus {
  readonly reachability: Reachability
  /** For how long it has been so: milliseconds on this replica's clock. */
  readonly forMs: number
  /** Members in reach, this peer among them where it is one. */
  readonly reached: readonly string[]
  /** Members out of reach, and for how long each: milliseconds on this replica's clock. */
  readonly missed: readonly { readonly member: string; readonly forMs: number }[]
  readonly hasQuorum: boolean
  /** The last member that came back, and how long ago; null where none did since the start. */
  readonly healed: (Healed & { readonly agoMs: number }) | null
}

/** A member came back in reach, and was compared with. */
export interface Healed {
  readonly member: string
  /** For how long it was out of reach. */
  readonly awayMs: number
  /** Slots that came over from it. */
  readonly received: number
}

export interface ReachOptions {
  readonly clock: Clock
  /** The fixed list. */
  readonly members: readonly string[]
  /** This peer's id. */
  readonly self: string
  readonly changed: (status: ReachStatus) => void
  readonly healed: (healed: Healed) => void
}

/** Members come in reach at once, and are out of it when they have been away for some time. */
export class Reach {
  readonly #options: ReachOptions
  /** Since when each member is away, blinks included. */
  readonly #awaySince = new Map<string, number>()
  readonly #missed = new Set<string>()
  /** Members that are back, and for how long they were away, until an exchange with them. */
  readonly #back = new Map<string, number>()
  /**
   * Slots that came from members before they count as back: an exchange may be quicker than the line,
   * and gossip that waited in a connection quicker than both.
   */
  readonly #early = new Map<string, number>()
  #healed: { readonly healed: Healed; readonly at: number } | undefined
  readonly #timers = new Map<string, () => void>()
  #reachability: Reachability = 'connected'
  #since: number

  constructor(options: ReachOptions) {
    this.#options = options
    this.#since = options.clock.now()
    for (const member of options.members) if (member !== options.self) this.lost(member)
  }

  /** A line to a member stands. */
  found(member: string): void {
    const since = this.#awaySince.get(member)
    if (since === undefined) return
    this.#awaySince.delete(member)
    this.#timers.get(member)?.()
    this.#timers.delete(member)
    if (!this.#missed.delete(member)) return
    this.#back.set(member, this.#options.clock.now() - since)
    this.#update()
  }

  /** The line to a member broke. */
  lost(member: string): void {
    const { clock } = this.#options
    if (this.#awaySince.has(member)) return
    this.#awaySince.set(member, clock.now())
    const cancel = clock.after(LOST_MS, () => {
      this.#missed.add(member)
      this.#back.delete(member)
      this.#early.delete(member)
      this.#update()
    })
    this.#timers.set(member, cancel)
  }

  /** Slots came from a peer, by gossip or by an exchange. */
  received(peer: string, slots: number): void {
    if (!this.#missed.has(peer) && !this.#back.has(peer)) return
    this.#early.set(peer, slots + (this.#early.get(peer) ?? 0))
  }

  /** An exchange with a peer went to its end. */
  exchanged(peer: string, received: number): void {
    this.received(peer, received)
    const awayMs = this.#back.get(peer)
    if (awayMs === undefined) return
    const slots = this.#early.get(peer) ?? 0
    this.#back.delete(peer)
    this.#early.delete(peer)
    const healed = { member: peer, awayMs, received: slots }
    this.#healed = { healed, at: this.#options.clock.now() }
    this.#options.healed(healed)
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  status(): ReachStatus {
    const { clock, members } = this.#options
    const now = clock.now()
    return {
      reachability: this.#reachability,
      forMs: now - this.#since,
      reached: members.filter((member) => !this.#missed.has(member)),
      missed: [...this.#missed].map((member) => ({
        member,
        forMs: now - this.#awaySince.get(member)!,
      })),
      hasQuorum: this.#hasQuorum(),
      healed:
        this.#healed === undefined
          ? null
          : { ...this.#healed.healed, agoMs: now - this.#healed.at },
    }
  }

  #hasQuorum(): boolean {
    const { members } = this.#options
    return (members.length - this.#missed.size) * 2 > members.length
  }

  #update(): void {
    const before = this.#reachability
    const isWhole = this.#missed.size === 0
    this.#reachability = isWhole ? 'connected' : this.#hasQuorum() ? 'partitioned' : 'isolated'
    if (this.#reachability !== before) this.#since = this.#options.clock.now()
    this.#options.changed(this.status())
  }
}
