// Slots on their way in, kept until all of their file has been checked.
import { type Delta, DistributedKeyCounter, type Floor, type ReplicaFloor } from '@tallymesh/core'
import type { ExportedSlot } from './format.ts'

/** Slots and requests that are joined in one commit: other writes wait for no longer than that takes. */
const PART = 2000

/** Reads nothing of its own, and writes nothing. */
const createCounter = (): DistributedKeyCounter => new DistributedKeyCounter({ replica: 'import' })

/** Kept as bytes, a tenth of what they are as objects. */
export class Staging {
  readonly #parts: Uint8Array[] = []
  #slots = new Map<string, ExportedSlot[]>()
  #weight = 0
  readonly #floors = new Map<string, Floor>()

  /** Before the slots of its replica: they go with it. */
  addFloor({ replica, floor }: ReplicaFloor): void {
    this.#floors.set(replica, floor)
  }

  add(slot: ExportedSlot): void {
    const own = this.#slots.get(slot.replica)
    if (own) own.push(slot)
    else this.#slots.set(slot.replica, [slot])
    this.#weight += 1 + slot.requests.length
    if (this.#weight >= PART) this.#pack()
  }

  /** All that was added, a part at a time. */
  *counters(): Generator<DistributedKeyCounter, void, undefined> {
    this.#pack()
    for (const part of this.#parts) {
      const counter = createCounter()
      counter.applyEncoded(part)
      yield counter
    }
  }

  #pack(): void {
    if (this.#weight === 0) return
    const counter = createCounter()
    // From 0 to 0: whole slots, and no claim that there are no others.
    const deltas = [...this.#slots].map(([replica, units]): Delta => ({
      replica,
      from: 0,
      to: 0,
      units,
      floor: this.#floors.get(replica),
    }))
    counter.join(deltas)
    this.#parts.push(counter.encode())
    this.#slots = new Map()
    this.#weight = 0
  }
}
