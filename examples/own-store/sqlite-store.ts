// A ReplicaStore over SQLite, which Node brings along.
import { DatabaseSync } from 'node:sqlite'
import { TallymeshError } from '@tallymesh/core'
import {
  checkBatch,
  type ReplicaStore,
  type StoreBatch,
  type StoredRecord,
} from '@tallymesh/storage'

const CHUNK_RECORDS = 1000

export class SqliteStore implements ReplicaStore {
  readonly name: string
  readonly #file: string
  #database: DatabaseSync | undefined

  constructor(file: string) {
    this.name = `SQLite ${file}`
    this.#file = file
  }

  async open(): Promise<void> {
    const database = new DatabaseSync(this.#file)
    try {
      // Nobody else gets in while it is open, and a commit is on the disk when it returns.
      database.exec('PRAGMA locking_mode = EXCLUSIVE')
      database.exec('PRAGMA journal_mode = WAL')
      database.exec('PRAGMA synchronous = FULL')
      database.exec('CREATE TABLE IF NOT EXISTS records (id TEXT PRIMARY KEY, bytes BLOB NOT NULL)')
    } catch (cause) {
      database.close()
      const code = /locked|busy/.test(String(cause)) ? 'ERR_STORE_LOCKED' : 'ERR_STORE_CORRUPT'
      throw new TallymeshError(code, `${this.name} can not be opened: ${String(cause)}`, { cause })
    }
    this.#database = database
  }

  async *load(): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    const page = this.#open().prepare(
      'SELECT id, bytes FROM records WHERE id > ? ORDER BY id LIMIT ?',
    )
    for (let after = ''; ;) {
      const rows = page.all(after, CHUNK_RECORDS) as unknown as StoredRecord[]
      if (rows.length > 0) yield rows
      if (rows.length < CHUNK_RECORDS) return
      after = rows.at(-1)!.id
    }
  }

  async commit(batch: StoreBatch): Promise<void> {
    const database = this.#open()
    checkBatch(batch)
    const put = database.prepare('INSERT OR REPLACE INTO records VALUES (?, ?)')
    const remove = database.prepare('DELETE FROM records WHERE id = ?')
    try {
      database.exec('BEGIN')
      for (const { id, bytes } of batch.put) put.run(id, bytes)
      for (const id of batch.delete) remove.run(id)
      database.exec('COMMIT')
    } catch (cause) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw new TallymeshError('ERR_STORE_WRITE', `${this.name}: ${String(cause)}`, { cause })
    }
  }

  async close(): Promise<void> {
    this.#database?.close()
    this.#database = undefined
  }

  #open(): DatabaseSync {
    if (this.#database !== undefined) return this.#database
    throw new TallymeshError('ERR_STORE_WRITE', `${this.name} is not open; open it first`)
  }
}
