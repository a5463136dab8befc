// A store on disk, for Node: LevelDB through classic-level, flushed on every commit.
import { randomUUID } from 'node:crypto'
import { TallymeshError } from '@tallymesh/core'
import { checkBatch } from './batch.ts'
import { CommitNote, decodeCount, encodeCount } from './commit-note.ts'
import { commitError, corruptError, openError } from './disk-errors.ts'
import { describeHolder, makeFolder, removeHolder, tryToWrite, writeHolder } from './disk-folder.ts'
import { joinLosses, LOSS_KEY, makeWhole } from './disk-repair.ts'
import { type Level, openLevel, type Operation, writeAll } from './level.ts'
import type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'

/** Records in a chunk of a load, at most. */
const CHUNK_RECORDS = 1000

/** Bytes that a chunk may hold: far past 1,000 records, so that the count decides. */
const CHUNK_BYTES = 1 << 20

/** Under a space, which no record id has: the token of the last one who opened the store. */
const LEASE_KEY = ' lease'
/** How many commits there were, this one included. */
const COMMITS_KEY = ' commits'
const FIRST_ID = '!'

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
  #note: CommitNote | undefined
  /** Commits that were tried. */
  #commits = 0
  #loss: string | undefined
  /** The store tells of a loss that no commit has dealt with. */
  #lossIsKept = false
  /**
   * What the records of failed commits were before, by id. LevelDB can not say whether a write that
   * failed is in its log, so these are put back along with the next commit, or at the close. (After a
   * crash in between, a failed commit may be found whole.)
   */
  readonly #undo = new Map<string, Uint8Array | undefined>()
  #mustReopen = false

  /** @param options where it is */
  constructor({ folder }: DiskStoreOptions) {
    this.name = `disk ${folder}`
    this.#folder = folder
  }

  get loss(): string | undefined {
    return this.#loss
  }

  async open(): Promise<void> {
    if (this.#level)
      throw new TallymeshError('ERR_STORE_LOCKED', `the store in ${this.#folder} is already open`)
    try {
      this.#folder = await makeFolder(this.#folder)
      this.#level = await this.#openWhole()
    } catch (error) {
      throw await openError(this.#folder, error)
    }
    await writeHolder(this.#folder)
  }

  async *load(): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    // What was refused may be in the log: first it goes.
    if (this.#mustReopen) await this.#commitAfterFailure({ put: [], delete: [] })
    let range: { gte: string } | { gt: string } = { gte: FIRST_ID }
    let isMended = false
    for (;;)
      try {
        for await (const chunk of this.#read(range)) {
          yield chunk
          range = { gt: chunk.at(-1)!.id }
        }
        return
      } catch (error) {
        if (isMended) throw corruptError(this.#folder, error)
        isMended = true
        await this.#mend()
      }
  }

  async commit(batch: StoreBatch): Promise<void> {
    const level = this.#held()
    checkBatch(batch)
    if (this.#mustReopen) return this.#commitAfterFailure(structuredClone(batch))
    await this.#write(level, batch)
  }

  async close(): Promise<void> {
    if (this.#level && this.#undo.size > 0)
      // What was refused may be in the log. If this is refused too, it may stay there.
      await this.#commitAfterFailure({ put: [], delete: [] }).catch(() => undefined)
    const level = this.#level
    this.#level = undefined
    this.#mustReopen = false
    this.#undo.clear()
    this.#note?.close()
    if (level === undefined) return
    // Before the lock is free: after it, the note may be another's.
    if (level.status === 'open') await removeHolder(this.#folder)
    await level.close()
  }

  async #openWhole(): Promise<Level> {
    await makeWhole(this.#folder)
    const level = await openLevel(this.#folder)
    try {
      await this.#takeHold(level)
      return level
    } catch (error) {
      await level.close()
      throw error
    }
  }

  /** Also shows, before anything is promised, that the disk takes writes. */
  async #takeHold(level: Level): Promise<void> {
    this.#note = new CommitNote(this.#folder)
    const acknowledged = this.#note.read()
    const count = await level.get(COMMITS_KEY)
    const held = count === undefined ? 0 : decodeCount(count)
    let loss = await level.get(LOSS_KEY)
    if (held < acknowledged) loss = Buffer.from(joinLosses(loss, missing(acknowledged, held)))
    this.#loss = loss && Buffer.from(loss).toString()
    this.#lossIsKept = loss !== undefined
    this.#lease = randomUUID()
    this.#commits = Math.max(held, acknowledged) + 1
    const taken = [
      put(LEASE_KEY, new TextEncoder().encode(this.#lease)),
      put(COMMITS_KEY, encodeCount(this.#commits)),
      ...(loss === undefined ? [] : [put(LOSS_KEY, loss)]),
    ]
    await level.batch(taken, { sync: true })
    this.#note.write(this.#commits)
  }

  async *#read(range: { gte: string } | { gt: string }): AsyncGenerator<StoredRecord[], void> {
    const options = { ...range, fillCache: false, highWaterMarkBytes: CHUNK_BYTES }
    await using iterator = this.#held().iterator(options)
    let next = iterator.nextv(CHUNK_RECORDS)
    for (;;) {
      const entries = await next
      if (entries.length === 0) return
      // LevelDB reads on a thread of its own: one chunk while another is worked on.
      next = iterator.nextv(CHUNK_RECORDS)
      // Where nobody asks for it any more, nobody is to hear that it failed.
      next.catch(() => undefined)
      yield entries.map(([id, bytes]) => ({ id, bytes }))
    }
  }

  /**
   * What was whole when the store was opened does not read now. What has been handed out was read
   * from the same files, in the order of ids, so that the load goes on behind it.
   */
  async #mend(): Promise<void> {
    await this.#held().close()
    this.#level = undefined
    try {
      this.#level = await this.#openWhole()
    } catch (error) {
      throw await openError(this.#folder, error)
    }
  }

  #held(): Level {
    if (this.#level) return this.#level
    throw new TallymeshError(
      'ERR_STORE_WRITE',
      `the store in ${this.#folder} is not open; open and load it first`,
    )
  }

  /** @param first what goes before it, in the same write */
  async #write(level: Level, batch: StoreBatch, first: readonly Operation[] = []): Promise<void> {
    const count = ++this.#commits
    const last = [put(COMMITS_KEY, encodeCount(count)), ...(this.#lossIsKept ? [NO_LOSS] : [])]
    try {
      // Copies all of it before it returns a promise.
      await writeAll(level, first, batch, last)
      this.#undo.clear()
      this.#lossIsKept = false
      this.#note?.write(count)
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
      value === undefined ? { type: 'del', key } : put(key, value),
    )
    this.#mustReopen = false
    await this.#write(level, batch, back)
  }

  async #reopen(): Promise<Level> {
    await this.#level?.close()
    try {
      // Each opening that finds no room leaves an empty log behind.
      await tryToWrite(this.#folder)
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

const missing = (acknowledged: number, held: number): string =>
  held === acknowledged - 1
    ? `the last of ${acknowledged} commits is missing`
    : `the last ${acknowledged - held} of ${acknowledged} commits are missing`

const put = (key: string, value: Uint8Array): Operation => ({ type: 'put', key, value })

const NO_LOSS: Operation = { type: 'del', key: LOSS_KEY }
