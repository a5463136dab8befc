// A store in IndexedDB, for tabs, through idb-keyval with a custom store.
import { TallymeshError } from '@tallymesh/core'
import { promisifyRequest, type UseStore } from 'idb-keyval'
import { checkBatch } from './batch.ts'
import type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'
import { holdLock, type Release } from './web-lock.ts'

/** Records in a chunk of a load: a chunk is read in one go, in its own transaction. */
const CHUNK_RECORDS = 5000

const DATABASE_VERSION = 1
const OBJECT_STORE = 'records'

/** Where a browser store is. */
export interface BrowserStoreOptions {
  /** The name of an IndexedDB database of its own. */
  readonly database: string
}

/** A replica's state in a database of its own. */
export class BrowserStore implements ReplicaStore {
  readonly name: string
  /**
   * What keeps a second holder away: `lock` is a Web Lock; `none` means that the page has no Web
   * Locks (plain HTTP off this machine), and that nothing does.
   */
  readonly exclusive: 'lock' | 'none'
  /** Nobody copies or restores an origin's databases; and under the lock, nobody else writes this one. */
  readonly isProof: boolean
  readonly #database: string
  #db: IDBDatabase | undefined
  #release: Release | undefined
  /** Why the connection was lost, where it was. */
  #lost: string | undefined

  constructor({ database }: BrowserStoreOptions) {
    this.name = `IndexedDB ${database}`
    this.#database = database
    this.exclusive = globalThis.navigator?.locks ? 'lock' : 'none'
    this.isProof = this.exclusive === 'lock'
  }

  async open(): Promise<void> {
    const release = await this.#lock()
    try {
      this.#db = await this.#connect()
    } catch (error) {
      release()
      throw openError(this.name, error)
    }
    this.#release = release
    this.#lost = undefined
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
    try {
      await this.#use('readwrite', (store) => {
        write(store, batch)
        return committed(store.transaction)
      })
    } catch (error) {
      throw writeError(this.name, error)
    }
  }

  async close(): Promise<void> {
    this.#db?.close()
    this.#db = undefined
    this.#release?.()
    this.#release = undefined
  }

  /**
   * idb-keyval's own createStore has no durability, and Chromium's default may be lost in a crash;
   * it would also open a lost database again, with nobody knowing who wrote there in between.
   */
  readonly #use: UseStore = async (mode, callback) => {
    if (this.#db === undefined)
      throw new TallymeshError('ERR_STORE_WRITE', `${this.name} ${this.#lost ?? 'is not open'}`)
    const transaction = this.#db.transaction(OBJECT_STORE, mode, { durability: 'strict' })
    return callback(transaction.objectStore(OBJECT_STORE))
  }

  async #lock(): Promise<Release> {
    if (this.#db) throw lockedError(this.name, 'this page')
    if (this.exclusive === 'none') return () => undefined
    const release = await holdLock(`tallymesh store ${this.#database}`)
    if (release === undefined) throw lockedError(this.name, 'another tab, or by this one')
    return release
  }

  async #connect(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#database, DATABASE_VERSION)
    request.onupgradeneeded = () => request.result.createObjectStore(OBJECT_STORE)
    const db = await promisifyRequest(request)
    db.onversionchange = () => this.#lose('was deleted, or changed by a newer page')
    db.onclose = () => this.#lose('was closed by the browser')
    return db
  }

  #lose(reason: string): void {
    this.#db?.close()
    this.#db = undefined
    this.#lost = `${reason}; reload the page`
  }

  async #chunk(after: string | undefined): Promise<StoredRecord[]> {
    const range = after === undefined ? null : IDBKeyRange.lowerBound(after, true)
    return this.#use('readonly', async (store) => {
      const [ids, values] = await Promise.all([
        promisifyRequest(store.getAllKeys(range, CHUNK_RECORDS)),
        promisifyRequest<unknown[]>(store.getAll(range, CHUNK_RECORDS)),
      ])
      return ids.map((id, i) => ({ id: id as string, bytes: bytesOf(values[i]) }))
    })
  }
}

/** Queues the whole batch before it returns, or nothing of it. */
const write = (store: IDBObjectStore, batch: StoreBatch): void => {
  try {
    // A part of a buffer would be stored along with the whole: hence a copy.
    for (const { id, bytes } of batch.put) store.put(bytes.slice(), id)
    for (const id of batch.delete) store.delete(id)
  } catch (error) {
    // What was queued before the error would be committed otherwise.
    store.transaction.abort()
    throw error
  }
}

/** What is not bytes was not written here: an empty record fails its checksum. */
const bytesOf = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array()

/** Resolves when the transaction is on the disk. */
const committed = async (transaction: IDBTransaction): Promise<void> => {
  const done = promisifyRequest(transaction)
  // Not waiting for the page's next turn: it may be about to go.
  transaction.commit()
  try {
    await done
  } catch (error) {
    throw error ?? transaction.error
  }
}

const lockedError = (name: string, holder: string): TallymeshError =>
  new TallymeshError('ERR_STORE_LOCKED', `${name} is held by ${holder}; close that one first`)

const openError = (name: string, cause: unknown): TallymeshError => {
  if (nameOf(cause) === 'VersionError')
    return new TallymeshError(
      'ERR_STORE_VERSION',
      `${name} was made by a newer page; reload to get the newer program`,
      { cause },
    )
  return new TallymeshError(
    'ERR_STORE_CORRUPT',
    `${name} can not be opened (${String(cause)}); see that this page may store data (not in every private window), or clear the data of this site`,
    { cause },
  )
}

const writeError = (name: string, cause: unknown): TallymeshError => {
  if (cause instanceof TallymeshError) return cause
  const reason =
    nameOf(cause) === 'QuotaExceededError'
      ? 'the storage of this site is full; make room on the disk, or clear data of this site'
      : `the browser refused a commit (${String(cause)}); reload the page`
  return new TallymeshError('ERR_STORE_WRITE', `${name}: ${reason}`, { cause })
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
