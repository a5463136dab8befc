// A store on disk, for Node: LevelDB through classic-level, flushed on every commit.
import { randomUUID } from 'node:crypto'
import { TallymeshError } from '@tallymesh/core'
import { ClassicLevel } from 'classic-level'
import { checkBatch } from './batch.ts'
import { commitError, corruptError, openError } from './disk-errors.ts'
import { describeHolder, isHeadless, makeFolder, removeHolder, writeHolder } from './disk-folder.ts'
import type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'

/** Records in a chunk of a load, at most. */
const CHUNK_RECORDS = 1000

/** Bytes that a chunk may hold: far past 1,000 records, so that the count decides. */
const CHUNK_BYTES = 1 << 20

/** Under a space, which no record id has: the token of the last one who opened the store. */
const LEASE_KEY = ' lease'
const FIRST_ID = '!'

type Level = ClassicLevel<string, Uint8Array>
type Operation = { type: 'put'; key: string; value: Uint8Array } | { type: 'del'; key: string }

/** Where a disk store is. */
export interface DiskStoreOptions {
  /** Its own folder; made, for this user only, where there is none. */
  readonly folder: string
}

/** One process and one handle at a time: LevelDB locks the folder. */
export class DiskStore implements ReplicaStore {
  readonly name: string
  #folder: string
  #level: Level | undefined
  #lease = ''
  /**
   * What the records of failed commits were before, by id. LevelDB can not say whether a write that
   * failed is in its log, so these are put back along with the next commit. (After a crash or a close
   * in between, a failed commit may be found whole.)
   */
  readonly #undo = new Map<string, Uint8Array | undefined>()
  #mustReopen = false

  constructor({ folder }: DiskStoreOptions) {
    this.name = `disk ${folder}`
    this.#folder = folder
  }

  async open(): Promise<void> {
    if (this.#level)
      throw new TallymeshError('ERR_STORE_LOCKED', `the store in ${this.#folder} is already open`)
    let level: Level | undefined
    try {
      this.#folder = await makeFolder(this.#folder)
      // LevelDB would take it for a new store, and delete what is there.
      if (await isHeadless(this.#folder))
        throw corruptError(this.#folder, 'its file CURRENT is missing')
      level = await openLevel(this.#folder)
      this.#lease = randomUUID()
      // Also shows, before anything is promised, that the disk takes writes.
      await level.put(LEASE_KEY, new TextEncoder().encode(this.#lease), { sync: true })
    } catch (error) {
      await level?.close()
      throw await openError(this.#folder, error)
    }
    await writeHolder(this.#folder)
    this.#level = level
  }

  async *load(): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    const options = { gte: FIRST_ID, fillCache: false, highWaterMarkBytes: CHUNK_BYTES }
    await using iterator = this.#held().iterator(options)
    for (;;) {
      const entries = await this.#next(() => iterator.nextv(CHUNK_RECORDS))
      if (entries.length === 0) return
      yield entries.map(([id, bytes]) => ({ id, bytes: plain(bytes) }))
    }
  }

  async commit(batch: StoreBatch): Promise<void> {
    const level = this.#held()
    checkBatch(batch)
    if (this.#mustReopen) return this.#commitAfterFailure(structuredClone(batch))
    await this.#write(level, batch, operationsOf(batch))
  }

  async close(): Promise<void> {
    const level = this.#level
    this.#level = undefined
    this.#mustReopen = false
    this.#undo.clear()
    if (level === undefined) return
    // Before the lock is free: after it, the note may be another's.
    if (level.status === 'open') await removeHolder(this.#folder)
    await level.close()
  }

  #held(): Level {
    if (this.#level) return this.#level
    throw new TallymeshError(
      'ERR_STORE_WRITE',
      `the store in ${this.#folder} is not open; open and load it first`,
    )
  }

  async #next<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      throw corruptError(this.#folder, error)
    }
  }

  async #write(level: Level, batch: StoreBatch, operations: Operation[]): Promise<void> {
    try {
      // Copies the operations before it returns a promise.
      await level.batch(operations, { sync: true })
      this.#undo.clear()
    } catch (error) {
      this.#mustReopen = true
      await this.#remember(level, batch)
      throw commitError(this.#folder, error)
    }
  }

  /** Keeps what the records of a failed batch were: what LevelDB shows until it is opened again. */
  async #remember(level: Level, batch: StoreBatch): Promise<void> {
    const ids = [...batch.put.map(({ id }) => id), ...batch.delete]
    const unknown = ids.filter((id) => !this.#undo.has(id))
    try {
      const before = await level.getMany(unknown)
      unknown.forEach((id, i) => this.#undo.set(id, before[i]))
    } catch {
      // Nothing can be put back then, so nothing more is taken until all is loaded again.
      this.#level = undefined
      await level.close()
    }
  }

  /**
   * A write that failed may have left LevelDB's log with a torn record, and everything written after
   * that would be dropped in a recovery. Opening anew starts a new log.
   */
  async #commitAfterFailure(batch: StoreBatch): Promise<void> {
    const level = await this.#reopen()
    const back = [...this.#undo].map(([key, value]): Operation =>
      value === undefined ? { type: 'del', key } : { type: 'put', key, value },
    )
    this.#mustReopen = false
    await this.#write(level, batch, [...back, ...operationsOf(batch)])
  }

  async #reopen(): Promise<Level> {
    await this.#level?.close()
    try {
      const level = await openLevel(this.#folder)
      this.#level = level
      await this.#checkLease(level)
      return level
    } catch (error) {
      throw commitError(this.#folder, error)
    }
  }

  /** While the store was closed to be opened anew, another process may have taken it. */
  async #checkLease(level: Level): Promise<void> {
    const lease = new TextDecoder().decode(await level.get(LEASE_KEY))
    if (lease === this.#lease) return
    await level.close()
    throw new TallymeshError(
      'ERR_STORE_WRITE',
      `the store in ${this.#folder} was taken by ${await describeHolder(this.#folder)}; close it, and open and load it again`,
    )
  }
}

const openLevel = async (folder: string): Promise<Level> => {
  const level: Level = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'view' })
  await level.open()
  return level
}

/** classic-level gives Buffers, whose slice() shares memory where that of a Uint8Array copies. */
const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const operationsOf = (batch: StoreBatch): Operation[] => [
  ...batch.put.map(({ id, bytes }): Operation => ({ type: 'put', key: id, value: bytes })),
  ...batch.delete.map((key): Operation => ({ type: 'del', key })),
]
