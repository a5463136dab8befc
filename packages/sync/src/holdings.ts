// What members are known to hold of each slot, so that they are sent no more than they lack.
import type { Answer, Proposal } from './proposal.ts'

/** Slots that are remembered of one member; of others, it is asked again what it holds. */
const MAX_SLOTS = 65_536

/**
 * Of each line, by key and replica: up to which seq. A member holds all that it ever held, unless its
 * store went back in time: then it says that it lacks what it was taken to hold.
 */
export class Holdings {
  readonly #members = new Map<string, OfMember>()

  /** Up to which seq a member holds a slot, 0 where it has none; undefined where that is not known. */
  seq(member: string, key: string, replica: string): number | undefined {
    return this.#members.get(member)?.of(key)?.get(replica)
  }

  /** What an answer tells. */
  learn(member: string, { mode, key, slots }: Proposal, { lacks, more }: Answer): void {
    // That is about replicas, and no counter.
    if (mode === 'vouch') return
    const known = this.#members.get(member) ?? new OfMember()
    this.#members.set(member, known)
    const lacking = new Map<string, number>()
    for (const { place, held } of lacks) {
      const slot = slots[place]
      if (slot !== undefined) lacking.set(slot.replica, held)
    }
    known.learn(key, (note) => {
      for (const { replica, seq } of slots) if (!lacking.has(replica)) note(replica, seq)
      for (const { replica, seq } of more) note(replica, seq)
      // It holds no more than that, whatever was known before.
      for (const [replica, held] of lacking) note(replica, held, true)
    })
  }

  /** The line to a member broke: it may come back with less. */
  forget(member: string): void {
    this.#members.delete(member)
  }
}

type Note = (replica: string, seq: number, isExact?: boolean) => void

class OfMember {
  /** The one that was learned of longest ago first. */
  readonly #keys = new Map<string, Map<string, number>>()
  #slots = 0

  of(key: string): ReadonlyMap<string, number> | undefined {
    return this.#keys.get(key)
  }

  /** @param told gives what is noted: the higher seq of a slot counts, unless it is exact */
  learn(key: string, told: (note: Note) => void): void {
    const known = this.#keys.get(key) ?? new Map<string, number>()
    this.#slots -= known.size
    told((replica, seq, isExact = false) => {
      if (isExact || seq > (known.get(replica) ?? -1)) known.set(replica, seq)
    })
    this.#slots += known.size
    this.#keys.delete(key)
    this.#keys.set(key, known)
    for (const [oldest, { size }] of this.#keys) {
      if (this.#slots <= MAX_SLOTS) return
      this.#slots -= size
      this.#keys.delete(oldest)
    }
  }
}
