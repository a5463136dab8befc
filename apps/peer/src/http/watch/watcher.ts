// One watcher's events, as text for it to read: no faster than it reads, and none missed.
import { setTimeout as sleep } from 'node:timers/promises'
import { toCounterReply } from '../replies.ts'
import type { SharedChanges } from './shared-changes.ts'

export interface WatchOptions {
  readonly changes: SharedChanges
  readonly prefix: string
  /** The last event that the watcher has had, if it was here before. */
  readonly lastEventId: string | undefined
  /** Ends the events. */
  readonly signal: AbortSignal
  readonly heartbeatMs?: number
}

/** So often at least something is sent: proxies drop silent connections, most of them after a minute. */
const HEARTBEAT_MS = 15_000
/** Between two bursts of events: a counter that changes all the time is told of so often. */
const BURST_MS = 50
/** A client's pause before it connects again. */
const RETRY_MS = 1000
/** Counters in one piece of a snapshot. */
const PAGE = 500

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

/**
 * Server-sent events (WHATWG HTML, 9.2). The place of the watcher in the log is all that is kept of it:
 * what it has not read is looked up when it reads on, each counter once, as it stands then.
 */
export class Watcher {
  readonly #options: WatchOptions
  readonly #heartbeatMs: number
  #place: number | undefined

  constructor(options: WatchOptions) {
    const { changes, lastEventId, heartbeatMs = HEARTBEAT_MS } = options
    this.#options = options
    this.#heartbeatMs = heartbeatMs
    this.#place = lastEventId === undefined ? changes.log.last : changes.placeOf(lastEventId)
  }

  async *events(): AsyncGenerator<string, void, undefined> {
    const { signal, changes } = this.#options
    yield `retry: ${RETRY_MS}\n${this.#idLine()}\n`
    while (!signal.aborted) {
      if (this.#place === undefined || !changes.log.covers(this.#place)) yield* this.#snapshot()
      else if (changes.log.last > this.#place) yield* this.#burst(this.#place)
      else yield* this.#quiet(this.#place)
    }
  }

  /** Without data it is no event, but the client keeps the id: it is where to go on from. */
  #idLine(): string {
    return this.#place === undefined ? '' : `id: ${this.#options.changes.idOf(this.#place)}\n`
  }

  /** All counters as changes. Until it is whole, none has an id: who is cut in it gets all of it again. */
  async *#snapshot(): AsyncGenerator<string, void, undefined> {
    const { changes, prefix, signal } = this.#options
    const place = changes.log.last
    let after: string | undefined
    do {
      const page = changes.service.list({
        limit: PAGE,
        ...(prefix !== '' && { prefix }),
        ...(after !== undefined && { after }),
      })
      const text = page.counters.map((counter) => eventOf(toCounterReply(counter))).join('')
      if (text !== '') yield text
      after = page.after
    } while (after !== undefined && !signal.aborted)
    if (signal.aborted) return
    this.#place = place
    yield `${this.#idLine()}\n`
  }

  async *#burst(place: number): AsyncGenerator<string, void, undefined> {
    const { changes, prefix, signal } = this.#options
    const part = changes.log.after(place)
    const isAll = part.upTo === changes.log.last
    const text = part.changes
      .filter(({ key }) => key.startsWith(prefix))
      .map((change) => this.#event(change.key, change.place))
      .join('')
    this.#place = part.upTo
    if (text !== '') yield text
    if (isAll) await pause(BURST_MS, signal)
  }

  #event(key: string, place: number): string {
    const { changes } = this.#options
    const { service } = changes
    const counter = { key, value: service.getValue(key), ops: service.getOps(key) }
    return `id: ${changes.idOf(place)}\n${eventOf(toCounterReply(counter))}`
  }

  /** Also tells how far the log has gone on in which nothing was this watcher's. */
  async *#quiet(place: number): AsyncGenerator<string, void, undefined> {
    const { changes, signal } = this.#options
    await changes.next(this.#heartbeatMs, signal)
    if (changes.log.last === place && !signal.aborted) yield `:\n${this.#idLine()}\n`
  }
}

const eventOf = (data: object): string => `event: change\ndata: ${JSON.stringify(data)}\n\n`
