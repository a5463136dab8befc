// One direction of a link, and when what is sent on it arrives.
import type { FaultCounts } from '../faults.ts'
import type { SeededRandom } from '../random.ts'
import type { Timeline } from '../timeline.ts'
import type { Conditions } from './conditions.ts'

/** How much longer a delayed message takes, and how far a reordered one falls behind. Milliseconds. */
const DELAY_MS = [200, 4000] as const
const REORDER_MS = [20, 400] as const

/** What a large batch takes to hand on, about. */
const LONG_TRANSFER_BYTES = 200_000

export class Lane {
  readonly conditions: Conditions
  readonly #timeline: Timeline
  readonly #random: SeededRandom
  readonly #faults: FaultCounts
  /** When the last byte sent so far has left. */
  freeAt = 0
  /** When all that was sent so far has arrived: what left a slow lane stays as late as it was. */
  emptyAt = 0

  constructor(
    timeline: Timeline,
    random: SeededRandom,
    faults: FaultCounts,
    conditions: Conditions,
  ) {
    this.#timeline = timeline
    this.#random = random
    this.#faults = faults
    this.conditions = conditions
  }

  /** What waits to leave goes at the new speed, too. */
  speedUp(bytesPerMs: number): void {
    const { now } = this.#timeline
    const waitingMs = Math.max(0, this.freeAt - now)
    this.freeAt = now + (waitingMs * this.conditions.bytesPerMs) / bytesPerMs
    this.conditions.bytesPerMs = bytesPerMs
  }

  /** When `bytes` that are sent now arrive. */
  arrivalOf(bytes: number): number {
    const { bytesPerMs, latencyMs, jitterMs, delay } = this.conditions
    this.freeAt = Math.max(this.freeAt, this.#timeline.now) + bytes / bytesPerMs
    const extra = this.#happens('delay', delay) ? this.#random.between(...DELAY_MS) : 0
    const arrival = this.freeAt + latencyMs + this.#random.next() * jitterMs + extra
    this.emptyAt = Math.max(this.emptyAt, arrival)
    return arrival
  }

  /** When the copies of a gossip message that is sent now arrive: none, one, or more. */
  arrivalsOf(bytes: number): number[] {
    const { isBlocked, loss, duplication, reordering } = this.conditions
    if (isBlocked || this.#happens('loss', loss)) return []
    const arrival = this.arrivalOf(bytes)
    const late = this.#happens('reordering', reordering) ? this.#random.between(...REORDER_MS) : 0
    if (!this.#happens('duplication', duplication)) return [arrival + late]
    return [arrival + late, arrival + this.#random.between(...REORDER_MS)]
  }

  /** After how many bytes a stream that opens now is cut; Infinity for never. */
  cutAfter(): number {
    if (!this.#happens('cut-stream', this.conditions.cut)) return Infinity
    // As often in the first messages as in a long transfer.
    const isEarly = this.#random.chance(0.5)
    return isEarly ? 2 ** this.#random.int(0, 12) : this.#random.int(0, LONG_TRANSFER_BYTES)
  }

  #happens(
    fault: 'delay' | 'loss' | 'reordering' | 'duplication' | 'cut-stream',
    p: number,
  ): boolean {
    if (!this.#random.chance(p)) return false
    this.#faults[fault]++
    return true
  }
}
