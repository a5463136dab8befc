// A store in memory, for tests and simulations.
import { TallymeshError } from '@tallymesh/core'
import { checkBatch, isInOrder } from './batch.ts'
import type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'

/** Records in a chunk of a load. */
const CHUNK_RECORDS = 1000

/** What it holds outlives close and open of the same object, and nothing else. */
export class MemoryStore implements ReplicaStore {
  readonly name: string
  readonly #records = new Map<string, Uint8Array>()
  #open = false

  /** @param name what messages call it */
  constructor(name = 'memory') {
    this.name = name
  }

  async open(): Promise<void> {
    if (this.#open)
      throw new TallymeshError('ERR_STORE_LOCKED', `${this.name} is already open in this process`)
    this.#open = true
  }

  async *load(): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    let chunk: StoredRecord[] = []
    for (const [id, bytes] of new Map(this.#records)) {
      chunk.push({ id, bytes: bytes.slice() })
      if (chunk.length < CHUNK_RECORDS) continue
      yield chunk
      chunk = []
    }
    if (chunk.length > 0) yield chunk
  }

  async commit(batch: StoreBatch): Promise<void> {
    if (!this.#open)
      throw new TallymeshError('ERR_STORE_WRITE', `${this.name} is not open; open it first`)
    checkBatch(batch)
    const isOwn = isInOrder(batch)
    for (const { id, bytes } of batch.put) this.#records.set(id, isOwn ? bytes : bytes.slice())
    for (const id of batch.delete) this.#records.delete(id)
  }

  async close(): Promise<void> {
    this.#open = false
  }
}
