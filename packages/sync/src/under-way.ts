// What peers are sending just now: others are not asked for the same.
import type { VersionVector } from '@tallymesh/core'
import type { Clock } from './clock.ts'

/** A transfer of which nothing came for so long holds up nobody: the next peer is asked for it too. */
const QUIET_MS = 2000
/** So long at most one who was told a version is waited for to tell its own. */
const TURN_MS = 500

/** What one peer is sending, while it does. */
export interface Transfer {
  /** Something of it came. */
  moved(): void
  end(): void
}

interface Entry {
  readonly upTo: VersionVector
  movedAt: number
}

export class UnderWay {
  readonly #clock: Clock
  readonly #transfers = new Set<Entry>()
  #turn: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * A peer has begun to send what is lacking.
   *
   * @param upTo up to which seq of each replica
   */
  begin(upTo: VersionVector): Transfer {
    const entry = { upTo, movedAt: this.#clock.now() }
    this.#transfers.add(entry)
    return {
      moved: () => void (entry.movedAt = this.#clock.now()),
      end: () => void this.#transfers.delete(entry),
    }
  }

  /** Up to which seq of each replica something is under way. */
  reached(): Map<string, number> {
    const reached = new Map<string, number>()
    const since = this.#clock.now() - QUIET_MS
    for (const { upTo, movedAt } of this.#transfers)
      if (movedAt >= since)
        for (const [replica, seq] of upTo)
          if (seq > (reached.get(replica) ?? 0)) reached.set(replica, seq)
    return reached
  }

  /**
   * Who answers tells its version before it knows what will come of that, so those who answer do it one
   * after the other.
   *
   * @returns what ends the turn: to be called once it is known, or is not to be known any more
   */
  async turn(): Promise<() => void> {
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = promise
    const late = Promise.withResolvers<void>()
    const cancel = this.#clock.after(TURN_MS, late.resolve)
    await Promise.race([before, late.promise])
    cancel()
    return resolve
  }
}
