// A store in IndexedDB, for tabs, through idb-keyval with a custom store.
import { get, promisifyRequest } from 'idb-keyval'
import { checkBatch } from './batch.ts'
import { lockedError, openError, type BrowserStoreCondition } from './browser-condition.ts'
import { LeasedDatabase, NOTES, RECORDS } from './leased-database.ts'
import type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'
import { holdLock, type Release } from './web-lock.ts'

export type { BrowserStoreCondition } from './browser-condition.ts'
export { holdLock, type Release } from './web-lock.ts'

/** Records in a chunk of a load: a chunk is read in one go, in its own transaction. */
const CHUNK_RECORDS = 5000

/** Where a browser store is. */
export interface BrowserStoreOptions {
  /** The name of an IndexedDB database of its own. */
  readonly database: string
  /** Told whenever the condition moves. */
  readonly onCondition?: (condition: BrowserStoreCondition) => void
}

/** A replica's state in a database of its own, and notes of its owner beside it. */
export class BrowserStore implements ReplicaStore {
  readonly name: string
  /**
   * What keeps a second holder away: `lock` is a Web Lock; `lease` means that the page has none (plain
   * HTTP off this machine). Then a second holder takes over, and the first one's commits are refused.
   */
  readonly exclusive: 'lock' | 'lease'
  /**
   * Nobody copies or restores an origin's databases; and each commit checks in its own transaction that
   * nobody has opened this one since. So what was committed last is what is read here.
   */
  readonly isProof: boolean = true
  readonly #database: string
  readonly #db: LeasedDatabase
  #release: Release | undefined

  /** @param options where it is */
  constructor({ database, onCondition = () => {} }: BrowserStoreOptions) {
    this.name = `IndexedDB ${database}`
    this.#database = database
    this.#db = new LeasedDatabase(this.name, onCondition)
    this.exclusive = globalThis.navigator?.locks ? 'lock' : 'lease'
  }

  /** How the database is, as far as is known. */
  get condition(): BrowserStoreCondition {
    return this.#db.condition
  }

  /** Commits since the database was made, by all its holders; 0 before it was opened. */
  get commits(): number {
    return this.#db.lease?.commits ?? 0
  }

  async open(): Promise<void> {
    const release = await this.#lock()
    try {
      await this.#db.open(this.#database)
    } catch (error) {
      release()
      throw openError(this.name, error)
    }
    this.#release = release
  }

  async *load(): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    let after: string | undefined
    do {
      const chunk = await this.#chunk(after)
      if (chunk.length > 0) yield chunk
      after = chunk.length === CHUNK_RECORDS ? chunk.at(-1)?.id : undefined
    } while (after !== undefined)
  }

  async commit(batch: StoreBatch): Promise<void> {
    checkBatch(batch)
    // At once, as the caller may go on with its buffers; a part of one would be stored with the whole.
    const copies = batch.put.map(({ id, bytes }) => ({ id, bytes: bytes.slice() }))
    await this.#db.write(RECORDS, (store) => {
      for (const { id, bytes } of copies) store.put(bytes, id)
      for (const id of batch.delete) store.delete(id)
    })
  }

  /** What was noted under `name`: anything that a structured clone takes, so check what it is. */
  note(name: string): Promise<unknown> {
    return this.#db.read(NOTES, (store) => get<unknown>(name, async (_, use) => use(store)))
  }

  /**
   * Notes something beside the replica's state, durably: it goes when that goes.
   *
   * @throws {TallymeshError} `ERR_STORE_WRITE`
   */
  keepNote(name: string, value: unknown): Promise<void> {
    return this.#db.write(NOTES, (store) => void store.put(value, name))
  }

  /** Looks whether this holder still has the lease; `condition` says so afterwards. */
  verify(): Promise<void> {
    return this.#db.verify()
  }

  async close(): Promise<void> {
    this.#db.close()
    this.#release?.()
    this.#release = undefined
  }

  async #lock(): Promise<Release> {
    if (this.#db.isOpen) throw lockedError(this.name, 'this page')
    if (this.exclusive === 'lease') return () => undefined
    const release = await holdLock(`tallymesh store ${this.#database}`)
    if (release === undefined) throw lockedError(this.name, 'another tab, or by this one')
    return release
  }

  async #chunk(after: string | undefined): Promise<StoredRecord[]> {
    const range = after === undefined ? null : IDBKeyRange.lowerBound(after, true)
    return this.#db.read(RECORDS, async (store) => {
      const [ids, values] = await Promise.all([
        promisifyRequest(store.getAllKeys(range, CHUNK_RECORDS)),
        promisifyRequest<unknown[]>(store.getAll(range, CHUNK_RECORDS)),
      ])
      return ids.map((id, i) => ({ id: id as string, bytes: bytesOf(values[i]) }))
    })
  }
}

/** What is not bytes was not written here: an empty record fails its checksum. */
const bytesOf = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array()
