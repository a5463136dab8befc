// What the disks hold, read from what was written to them: the engine is not asked.
import { RecordCodec, type StoreBatch } from '@tallymesh/storage'
import type { HeldSlot } from '../contents.ts'
import type { Records, SimDisk } from '../disk.ts'

/** The records that tell what this is about: replicas, slots and versions. */
const TOLD = ['r/', 's/', 'v/']

/** For each replica, the highest seq that one disk knows of. */
export class DurableSeqs {
  readonly #codec = new RecordCodec()
  readonly #highest = new Map<string, number>()

  constructor({ records }: Pick<SimDisk, 'records'>) {
    this.take(all(records))
  }

  /** Takes note of a batch, and returns the slots in it. */
  take({ put }: StoreBatch): HeldSlot[] {
    const slots: HeldSlot[] = []
    for (const record of put) {
      if (!TOLD.some((kind) => record.id.startsWith(kind))) continue
      const decoded = this.#codec.decode(record)
      if (decoded.kind === 'slot') {
        const { replica, key, slot } = decoded
        slots.push({ replica, key, ...slot })
        this.#raise(replica, slot.seq)
      }
      if (decoded.kind === 'version') this.#raise(decoded.replica, decoded.seq)
    }
    return slots
  }

  #raise(replica: string, seq: number): void {
    if (seq > this.of(replica)) this.#highest.set(replica, seq)
  }

  of(replica: string): number {
    return this.#highest.get(replica) ?? 0
  }

  /** As it stands now. */
  copy(): ReadonlyMap<string, number> {
    return new Map(this.#highest)
  }
}

const all = (records: Records): StoreBatch => {
  const put = [...records].map(([id, bytes]) => ({ id, bytes }))
  return { put: put.sort((a, b) => (a.id < b.id ? -1 : 1)), delete: [] }
}
