// What the disks hold, read from what was written to them: the engine is not asked.
import { RecordCodec, type StoreBatch } from '@tallymesh/storage'
import type { SimDisk } from '../disk.ts'

/** The records that tell what this is about: replicas, slots and versions. */
const TOLD = ['r/', 's/', 'v/']

/** For each replica, the highest seq that one disk knows of. */
export class DurableSeqs {
  readonly #codec = new RecordCodec()
  readonly #highest = new Map<string, number>()

  constructor(disk: SimDisk) {
    const put = [...disk.records].map(([id, bytes]) => ({ id, bytes }))
    this.take({ put: put.sort((a, b) => (a.id < b.id ? -1 : 1)), delete: [] })
  }

  take({ put }: StoreBatch): void {
    for (const record of put) {
      if (!TOLD.some((kind) => record.id.startsWith(kind))) continue
      const decoded = this.#codec.decode(record)
      if (decoded.kind === 'slot') this.#raise(decoded.replica, decoded.slot.seq)
      if (decoded.kind === 'version') this.#raise(decoded.replica, decoded.seq)
    }
  }

  #raise(replica: string, seq: number): void {
    if (seq > this.of(replica)) this.#highest.set(replica, seq)
  }

  of(replica: string): number {
    return this.#highest.get(replica) ?? 0
  }
}
