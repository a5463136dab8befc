// A node's disk: commits take time, a crash loses what was not durable, and it can refuse.
import { TallymeshError } from '@tallymesh/core'
import type { ReplicaStore, StoreBatch, StoredRecord } from '@tallymesh/storage'
import type { SeededRandom } from './random.ts'
import type { Timeline } from './timeline.ts'

/** Records in a chunk of a load: few, so that what needs several chunks is tried too. */
const CHUNK_RECORDS = 64

/** Older ones are thrown away. */
const MAX_BACKUPS = 4

const LATENCY_MS = 0.5
const JITTER_MS = 1

export type Records = ReadonlyMap<string, Uint8Array>

/** What survives a crash. */
export class SimDisk {
  readonly name: string
  #records: Map<string, Uint8Array>
  /** How long a commit takes: the least, and what may come on top. */
  latencyMs: number = LATENCY_MS
  jitterMs: number = JITTER_MS
  isRefusing = false
  /** Those who are told of each batch that became durable, by their names. */
  readonly watchers: Map<string, (batch: StoreBatch) => void> = new Map()
  /** Copies of earlier states, the oldest first. */
  readonly backups: Records[] = []

  constructor(name: string, records: Records = new Map()) {
    this.name = name
    this.#records = new Map(records)
  }

  /** As it stands now. Bytes are never changed in place, so this copies no bytes. */
  get records(): Records {
    return new Map(this.#records)
  }

  backUp(): void {
    this.backups.push(this.records)
    if (this.backups.length > MAX_BACKUPS) this.backups.shift()
  }

  /** Puts another state in its place: a backup, say. The process that uses it must be down. */
  replace(records: Records): void {
    this.#records = new Map(records)
  }

  /** As fast as it was made. */
  speedUp(): void {
    this.latencyMs = LATENCY_MS
    this.jitterMs = JITTER_MS
  }

  flipBit(id: string, random: SeededRandom): void {
    const bytes = this.#records.get(id)?.slice()
    if (bytes === undefined || bytes.length === 0) return
    bytes[random.int(0, bytes.length - 1)]! ^= 1 << random.int(0, 7)
    this.#records.set(id, bytes)
  }

  write(batch: StoreBatch): void {
    for (const { id, bytes } of batch.put) this.#records.set(id, bytes)
    for (const id of batch.delete) this.#records.delete(id)
    for (const watch of this.watchers.values()) watch(batch)
  }
}

interface Pending {
  readonly batch: StoreBatch
  readonly cancel: () => void
}

/** One process' hold on a disk. */
export class SimStore implements ReplicaStore {
  readonly #disk: SimDisk
  readonly #timeline: Timeline
  readonly #random: SeededRandom
  #pending: Pending | undefined
  #dead = false

  constructor(disk: SimDisk, timeline: Timeline, random: SeededRandom) {
    this.#disk = disk
    this.#timeline = timeline
    this.#random = random
  }

  get name(): string {
    return this.#disk.name
  }

  async open(): Promise<void> {
    await this.#timeline.sleep(this.#delay())
  }

  async *load(): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    const records = [...this.#disk.records].map(([id, bytes]) => ({ id, bytes: bytes.slice() }))
    for (let start = 0; start < records.length; start += CHUNK_RECORDS) {
      await this.#timeline.sleep(this.#delay() / 4)
      yield records.slice(start, start + CHUNK_RECORDS)
    }
  }

  commit(batch: StoreBatch): Promise<void> {
    // Promises of a dead process settle for nobody.
    if (this.#dead) return new Promise(() => {})
    if (this.#pending !== undefined)
      throw new Error('a commit was started before the last one ended')
    const copy = copyOf(batch)
    return new Promise((resolve, reject) => {
      const cancel = this.#timeline.after(this.#delay(), () => {
        this.#pending = undefined
        if (this.#disk.isRefusing) return reject(full(this.name))
        this.#disk.write(copy)
        resolve()
      })
      this.#pending = { batch: copy, cancel }
    })
  }

  async close(): Promise<void> {
    await this.#timeline.sleep(this.#delay())
  }

  /** The process dies. A commit that was under way has reached the disk, or has not. */
  crash(): void {
    this.#dead = true
    const pending = this.#pending
    this.#pending = undefined
    if (pending === undefined) return
    pending.cancel()
    if (!this.#disk.isRefusing && this.#random.chance(0.5)) this.#disk.write(pending.batch)
  }

  #delay(): number {
    return this.#disk.latencyMs + this.#random.next() * this.#disk.jitterMs
  }
}

const copyOf = ({ put, delete: remove }: StoreBatch): StoreBatch => ({
  put: put.map(({ id, bytes }) => ({ id, bytes: bytes.slice() })),
  delete: [...remove],
})

const full = (name: string): TallymeshError =>
  new TallymeshError('ERR_STORE_WRITE', `${name} is full`)
