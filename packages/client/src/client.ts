// The client: one method for each thing that a peer can do.
import { checkKey, checkMs, checkRequestId, toDigits } from './arguments.ts'
import { Download, type ExportResult, type Sink } from './download.ts'
import { invalid } from './errors.ts'
import type { Asked } from './failure.ts'
import {
  batchMessage,
  countMessage,
  hasNoPath,
  importMessage,
  incrementMessage,
  type Item,
  type Level,
  listMessage,
  type Message,
  readMessage,
  type Strength,
} from './messages.ts'
import { PeerList } from './peer-list.ts'
import {
  type Count,
  type Counter,
  type ImportResult,
  type IncrementResult,
  type Page,
  type Reader,
  readCount,
  readImport,
  readIncrement,
  readIncrements,
  type ReadResult,
  readPage,
  readReady,
  readStatus,
  readValue,
  type Status,
} from './replies.ts'
import { askPeers } from './retry.ts'
import type { Transfer } from './transfer.ts'
import { type ImportSource, Upload } from './upload.ts'
import { type ClientOptions, type Settings, toSettings } from './settings.ts'

export interface CallOptions {
  /** Ends the call at once, with `ERR_ABORTED`. */
  readonly signal?: AbortSignal
  /** The time limit of the whole call, in place of the client's. Milliseconds. */
  readonly timeoutMs?: number
}

interface StrongOptions extends CallOptions {
  /**
   * How long a peer may wait for the other members, at each attempt of a strong call. Milliseconds,
   * 60,000 at most; nine tenths of an attempt's time, so that its own answer still arrives.
   */
  readonly quorumMs?: number
}

export interface BatchOptions extends StrongOptions {
  /** How far the increment must have come: `local` (the default), `quorum` or `all`. */
  readonly ack?: Level
}

export interface IncrementOptions extends BatchOptions {
  /** For a retry of an earlier call; a new one is made where it is left out. */
  readonly requestId?: string
}

export interface Increment {
  readonly key: string
  /** 1 where it is left out. */
  readonly amount?: number | bigint
  readonly requestId?: string
}

export interface ReadOptions extends StrongOptions {
  /** Whom to ask: `local` (the default), `quorum` or `all`. */
  readonly consistency?: Level
}

export interface ListOptions extends CallOptions {
  /** Only keys that begin with this. */
  readonly prefix?: string
  /** Only keys behind this one. */
  readonly after?: string
  /** 100 where it is left out, 1,000 at most. */
  readonly limit?: number
}

export interface TransferOptions extends CallOptions {
  /**
   * How long a peer may take to begin, the search for one that answers included; once bytes go over,
   * there is no limit to the whole. Milliseconds; two minutes if left out.
   */
  readonly timeoutMs?: number
  /** How long nothing may go over, while it is the peer that is waited for. Milliseconds; a minute. */
  readonly stallMs?: number
}

export interface ImportOptions extends TransferOptions {
  /** Whether to join what another namespace exported. */
  readonly anyNamespace?: boolean
}

/** The time limit is each page's. */
export type CountersOptions = Omit<ListOptions, 'limit'>

interface Question<T> {
  readonly message: (strength: Strength) => Message
  readonly read: Reader<T>
  readonly level?: Level | undefined
  readonly ids?: Asked['ids']
}

/** A large peer takes seconds to begin an export. */
const TRANSFER_MS = 120_000
const STALL_MS = 60_000

/** As many as a page can have. */
const WHOLE_PAGE = 1000
/** The most that a peer grants a strong call. */
const LONGEST_QUORUM_MS = 60_000
const QUORUM_SHARE = 0.9

/**
 * Talks to one of several peers, whichever answers. Every method rejects with a TallymeshClientError.
 */
export class TallymeshClient {
  readonly #settings: Settings
  readonly #peers: PeerList

  /** @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT` */
  constructor(options: ClientOptions) {
    this.#settings = toSettings(options)
    this.#peers = new PeerList(this.#settings.urls)
  }

  /** Adds to a counter, once, however many attempts it takes. */
  async increment(
    key: string,
    amount: number | bigint = 1,
    options: IncrementOptions = {},
  ): Promise<IncrementResult> {
    const item = this.#toItem({ key, amount, ...options })
    const { requestId } = item
    const shared = { level: options.ack, ids: { requestId } }
    if (!hasNoPath(key))
      return this.#ask(
        { ...shared, message: (s) => incrementMessage(item, s), read: readIncrement(key) },
        options,
      )
    const [result] = await this.#ask(
      { ...shared, message: (s) => batchMessage([item], s), read: readIncrements([key]) },
      options,
    )
    return result!
  }

  /** Adds to up to 1,000 counters: all of it or nothing. Results come in the same order. */
  async incrementAll(
    increments: readonly Increment[],
    options: BatchOptions = {},
  ): Promise<IncrementResult[]> {
    if (increments.length === 0) return []
    const items = increments.map((increment) => this.#toItem(increment))
    return this.#ask(
      {
        message: (strength) => batchMessage(items, strength),
        read: readIncrements(items.map(({ key }) => key)),
        level: options.ack,
        ids: { requestIds: items.map(({ requestId }) => requestId) },
      },
      options,
    )
  }

  /** The value of a counter; 0n where it was never seen. */
  async get(key: string, options: ReadOptions = {}): Promise<ReadResult> {
    checkKey(key)
    const { consistency = 'local' } = options
    if (hasNoPath(key)) return this.#getFromList(key, consistency, options)
    return this.#ask(
      {
        message: (strength) => readMessage(key, strength),
        read: readValue(key),
        level: consistency,
      },
      options,
    )
  }

  /** A page of counters in the order of their keys (UTF-8 bytes). */
  async list(options: ListOptions = {}): Promise<Page> {
    return this.#ask({ message: () => listMessage(options), read: readPage }, options)
  }

  /** All counters in the order of their keys, page after page. */
  async *counters(options: CountersOptions = {}): AsyncGenerator<Counter, void, undefined> {
    let after = options.after
    do {
      const page: Page = await this.list({
        ...options,
        ...(after !== undefined && { after }),
        limit: WHOLE_PAGE,
      })
      yield* page.counters
      after = page.after
    } while (after !== undefined)
  }

  /** The peers' single shared counter. */
  async count(options: CallOptions = {}): Promise<Count> {
    return this.#ask({ message: () => ({ path: 'v1/count' }), read: readCount }, options)
  }

  /** Adds to the single shared counter, once, however many attempts it takes. */
  async incrementCount(
    amount: number | bigint = 1,
    options: IncrementOptions = {},
  ): Promise<Count> {
    const item = this.#toItem({ key: 'count', amount, ...options })
    return this.#ask(
      {
        message: (strength) => countMessage(item, strength),
        read: readCount,
        level: options.ack,
        ids: { requestId: item.requestId },
      },
      options,
    )
  }

  /** How the peer that answers is. */
  async status(options: CallOptions = {}): Promise<Status> {
    return this.#ask({ message: () => ({ path: 'v1/status' }), read: readStatus }, options)
  }

  /**
   * All counters of one moment as lines of JSON, to be joined by `importFrom`. Only an export that came
   * whole resolves; what was given to `sink` before an error is worth nothing.
   *
   * @param sink takes the bytes, piece by piece; what it throws is thrown
   */
  async exportTo(sink: Sink, options: TransferOptions = {}): Promise<ExportResult> {
    const download = new Download(sink)
    return this.#transfer({ path: 'v1/export' }, () => undefined, download, options)
  }

  /**
   * Joins an export at a peer: all of it or, where anything is wrong with it, nothing. As often as you
   * like: what is there already changes nothing.
   *
   * In Node; browsers do not send in pieces over HTTP/1.1.
   */
  async importFrom(source: ImportSource, options: ImportOptions = {}): Promise<ImportResult> {
    // What can be read only once goes to a peer that is known to take it.
    if (typeof source !== 'function')
      await this.#ask(
        { message: () => ({ path: 'readyz' }), read: readReady },
        options.signal ? { signal: options.signal } : {},
      )
    const message = importMessage(options.anyNamespace === true)
    return this.#transfer(message, readImport, new Upload(source), options)
  }

  async #transfer<T>(
    message: Message,
    read: Reader<T>,
    transfer: Transfer<T> & Pick<Upload, 'thrown'>,
    options: TransferOptions,
  ): Promise<T> {
    const timeoutMs = checkMs('timeoutMs', options.timeoutMs ?? TRANSFER_MS)
    const stallMs = checkMs('stallMs', options.stallMs ?? STALL_MS)
    const signal = this.#signal(options)
    const attemptMs = Math.min(timeoutMs, stallMs)
    const call = {
      message: () => message,
      read,
      transfer,
      ids: undefined,
      signal,
      timeoutMs,
      attemptMs,
    }
    try {
      return await askPeers(call, this.#peers, this.#settings)
    } catch (error) {
      throw transfer.thrown === undefined ? error : transfer.thrown.error
    }
  }

  /** A key without a path of its own is the first of those that begin with it. */
  async #getFromList(key: string, level: Level, options: CallOptions): Promise<ReadResult> {
    if (level !== 'local')
      throw invalid(`the key ${JSON.stringify(key)} has no URL, and can only be read locally`)
    const { counters } = await this.list({ ...options, prefix: key, limit: 1 })
    const found = counters.find((counter) => counter.key === key) ?? { key, value: 0n, ops: 0 }
    return { ...found, consistency: 'local' }
  }

  #toItem({ key, amount = 1, requestId }: Increment): Item {
    return {
      key: checkKey(key),
      value: toDigits(amount),
      requestId:
        requestId === undefined ? this.#settings.createRequestId() : checkRequestId(requestId),
    }
  }

  #ask<T>(question: Question<T>, options: StrongOptions): Promise<T> {
    const { message, read, level, ids } = question
    const { quorumMs } = options
    const timeoutMs = checkMs('timeoutMs', options.timeoutMs ?? this.#settings.timeoutMs)
    const longest = quorumMs === undefined ? LONGEST_QUORUM_MS : checkMs('quorumMs', quorumMs)
    const call = {
      message: (limitMs: number) =>
        message({ level, quorumMs: Math.ceil(Math.min(longest, limitMs * QUORUM_SHARE)) }),
      read,
      ids,
      signal: this.#signal(options),
      timeoutMs,
      attemptMs: Math.min(timeoutMs, this.#settings.attemptMs ?? timeoutMs / this.#parts()),
    }
    return askPeers(call, this.#peers, this.#settings)
  }

  /** How many attempts a call's time is made for, where each of them hangs. */
  #parts(): number {
    return this.#settings.urls.length === 1 ? 2 : 3
  }

  #signal({ signal }: CallOptions): AbortSignal | undefined {
    const own = this.#settings.signal
    return own && signal ? AbortSignal.any([own, signal]) : (signal ?? own)
  }
}

/** @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT` */
export const createTallymeshClient = (options: ClientOptions): TallymeshClient =>
  new TallymeshClient(options)
