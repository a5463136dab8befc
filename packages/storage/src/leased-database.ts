// An IndexedDB database that one holder at a time writes to, by its lease.
import { promisifyRequest } from 'idb-keyval'
import {
  judgeFailure,
  lossError,
  notOpenError,
  type BrowserStoreCondition,
  type Loss,
} from './browser-condition.ts'
import { LEASE, readLease, writeLease, type Lease } from './lease.ts'

/** 2 added the lease and the notes. */
const VERSION = 2
export const RECORDS = 'records'
export const NOTES = 'notes'
const OBJECT_STORES = [RECORDS, LEASE, NOTES] as const

export class LeasedDatabase {
  readonly #name: string
  readonly #onCondition: (condition: BrowserStoreCondition) => void
  #db: IDBDatabase | undefined
  #lease: Lease | undefined
  #condition: BrowserStoreCondition = 'ok'

  /** @param name for messages */
  constructor(name: string, onCondition: (condition: BrowserStoreCondition) => void) {
    this.#name = name
    this.#onCondition = onCondition
  }

  get isOpen(): boolean {
    return this.#db !== undefined
  }

  get condition(): BrowserStoreCondition {
    return this.#condition
  }

  get lease(): Lease | undefined {
    return this.#lease
  }

  /** Makes it where there is none. From here on, whoever held it before can commit nothing. */
  async open(database: string): Promise<void> {
    const db = await this.#connect(database)
    try {
      this.#lease = await takeLease(db)
    } catch (error) {
      db.close()
      throw error
    }
    this.#db = db
    this.#become('ok')
  }

  close(): void {
    this.#db?.close()
    this.#db = undefined
  }

  async read<T>(name: string, use: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const absence = this.#absence()
    if (absence !== undefined) throw absence
    return use(this.#db!.transaction(name).objectStore(name))
  }

  /**
   * Writes to an object store if the lease is still this holder's, which is looked up in the same
   * transaction: a tab that slept while another took its place writes nothing.
   *
   * idb-keyval's own createStore has no durability, and Chromium's default may be lost in a crash; it
   * would also open a lost database again, with nobody knowing who wrote there in between.
   *
   * @throws {TallymeshError} `ERR_STORE_WRITE`
   */
  async write(name: string, queue: (store: IDBObjectStore) => void): Promise<void> {
    const absence = this.#absence()
    if (absence !== undefined) throw absence
    try {
      this.#lease = await this.#writeLeased(this.#db!, name, queue)
    } catch (error) {
      throw this.#failed(error)
    }
    if (this.isOpen) this.#become('ok')
  }

  /** Looks whether this holder still has the lease. The condition says so afterwards. */
  async verify(): Promise<void> {
    const db = this.#db
    if (db === undefined) return
    try {
      const { number } = await readLease(db.transaction(LEASE).objectStore(LEASE))
      if (number !== this.#lease?.number) this.#lose('taken')
    } catch {
      // A database that does not answer says so at the next commit.
    }
  }

  async #connect(database: string): Promise<IDBDatabase> {
    const request = indexedDB.open(database, VERSION)
    request.onblocked = () => this.#become('blocked')
    request.onupgradeneeded = () => {
      const { result } = request
      for (const name of OBJECT_STORES)
        if (!result.objectStoreNames.contains(name)) result.createObjectStore(name)
    }
    const db = await promisifyRequest(request)
    db.onversionchange = ({ newVersion }) => this.#lose(newVersion === null ? 'deleted' : 'closed')
    db.onclose = () => this.#lose('closed')
    return db
  }

  async #writeLeased(
    db: IDBDatabase,
    name: string,
    queue: (store: IDBObjectStore) => void,
  ): Promise<Lease> {
    const transaction = db.transaction([name, LEASE], 'readwrite', { durability: 'strict' })
    const leases = transaction.objectStore(LEASE)
    const { number, commits } = await readLease(leases)
    const lease = { number, commits: commits + 1 }
    try {
      if (number !== this.#lease?.number) throw this.#lose('taken')
      queue(transaction.objectStore(name))
      writeLease(leases, lease)
    } catch (error) {
      // What was queued before the error would be committed otherwise.
      transaction.abort()
      throw error
    }
    await committed(transaction)
    return lease
  }

  #lose(loss: Loss): Error {
    this.#db?.close()
    this.#db = undefined
    this.#become(loss)
    return lossError(this.#name, loss)
  }

  #become(condition: BrowserStoreCondition): void {
    if (this.#condition === condition) return
    this.#condition = condition
    this.#onCondition(condition)
  }

  /** The error of a database that is not there, or nothing. */
  #absence(): Error | undefined {
    if (this.isOpen) return undefined
    const condition = this.#condition
    const isLost = condition === 'deleted' || condition === 'closed' || condition === 'taken'
    return isLost ? lossError(this.#name, condition) : notOpenError(this.#name)
  }

  /** A commit that failed because the database went away is told the same as those after it. */
  #failed(cause: unknown): Error {
    const absence = this.#absence()
    if (absence !== undefined) return absence
    const { condition, error } = judgeFailure(this.#name, cause)
    this.#become(condition)
    return error
  }
}

const takeLease = async (db: IDBDatabase): Promise<Lease> => {
  const transaction = db.transaction(LEASE, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(LEASE)
  const { number, commits } = await readLease(store)
  const lease = { number: number + 1, commits }
  writeLease(store, lease)
  await committed(transaction)
  return lease
}

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
