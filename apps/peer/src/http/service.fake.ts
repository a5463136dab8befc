// A CounterService of one replica in memory, for tests of what stands in front of it.
import {
  compareKeys,
  DistributedKeyCounter,
  type StateSnapshot,
  TallymeshError,
  utf8Length,
} from '@tallymesh/core'
import type {
  Counter,
  CounterPage,
  CounterService,
  CounterServiceEvents,
  Increment,
  IncrementOptions,
  IncrementResult,
  ListOptions,
  ServiceCounts,
  ServiceStatus,
} from '@tallymesh/sync'
import { TypedEventEmitter } from 'main-event'

const noExchanges = () => ({ same: 0, exchanged: 0, descended: 0, busy: 0, failed: 0 })

const STATUS: ServiceStatus = {
  replica: 'fake',
  peerId: 'fake',
  namespace: 'test',
  store: 'memory',
  counters: 0,
  replicas: 1,
  seq: 0,
  verified: true,
  forks: [],
  damaged: 0,
  root: '00',
  peers: [],
  members: [],
  reach: null,
  hasQuorum: false,
  exchanges: { completed: 0, failed: 0 },
  gossip: { published: 0, received: 0, rejected: 0 },
  gaps: 0,
  requests: {
    records: 0,
    kept: 0,
    bytes: 0,
    capBytes: 3_145_728,
    retentionMs: 86_400_000,
    safeMs: 86_400_000,
  },
  storeTrouble: null,
  limited: [],
  limits: { slowed: 0, cutOff: 0, refused: 0 },
}

const COUNTS: ServiceCounts = {
  increments: { recorded: 0, duplicate: 0, refused: 0 },
  replicator: {
    completed: 0,
    failed: 0,
    exchanges: { asked: noExchanges(), answered: noExchanges() },
    slots: { sent: 0, received: 0, refused: 0 },
    deltas: { gossip: 0, exchange: 0 },
    received: 0,
    receivedBytes: 0,
    rejected: 0,
    ignored: 0,
    gaps: 0,
  },
  published: 0,
  publishedBytes: 0,
  strong: { read: { done: 0, failed: 0 }, increment: { done: 0, failed: 0 } },
  quorum: { reads: 0, rounds: 0, mostRounds: 0 },
  apartMs: 0,
}

const notInFake = (): never => {
  throw new Error('the fake does not do this')
}

const onlyLocal = (level: string | undefined): void => {
  if (level !== undefined && level !== 'local')
    throw new TallymeshError('ERR_QUORUM_UNAVAILABLE', 'no member is in reach')
}

export class FakeService extends TypedEventEmitter<CounterServiceEvents> implements CounterService {
  readonly replica = 'fake'
  readonly counters: Map<string, Counter> = new Map()
  readonly requests: Map<string, string> = new Map()
  /** What it exports, and what imports are joined into. */
  readonly state: DistributedKeyCounter = new DistributedKeyCounter({ replica: 'fake' })
  /** Options of the increments so far, to see what was passed on. */
  readonly asked: IncrementOptions[] = []
  /** Thrown by the next write. */
  failure: Error | undefined
  storeTrouble: string | null = null
  seq = 0

  async increment(
    key: string,
    amount: number | bigint = 1,
    options: IncrementOptions = {},
  ): Promise<IncrementResult> {
    this.asked.push(options)
    this.#check(options)
    return this.#apply({ key, amount, ...options })
  }

  async incrementAll(
    increments: readonly Increment[],
    options: Omit<IncrementOptions, 'requestId'> = {},
  ): Promise<IncrementResult[]> {
    this.asked.push(options)
    this.#check(options)
    return increments.map((increment) => this.#apply(increment))
  }

  #check({ ack }: IncrementOptions): void {
    if (this.failure !== undefined) throw this.failure
    onlyLocal(ack)
  }

  #apply({ key, amount = 1, requestId }: Increment): IncrementResult {
    const { value, ops } = this.counters.get(key) ?? { value: 0n, ops: 0 }
    const seen = requestId === undefined ? undefined : this.requests.get(requestId)
    if (seen !== undefined && seen !== `${key} ${amount}`)
      throw new TallymeshError('ERR_REQUEST_CONFLICT', 'used before for another increment')
    const counter = seen
      ? { key, value, ops }
      : { key, value: value + BigInt(amount), ops: ops + 1 }
    this.counters.set(key, counter)
    const detail = { ...counter, previous: value, origin: 'local' }
    if (seen === undefined) this.safeDispatchEvent('change', { detail })
    if (requestId !== undefined) this.requests.set(requestId, `${key} ${amount}`)
    this.seq += seen ? 0 : 1
    return { ...counter, seq: this.seq, replica: this.replica, duplicate: seen !== undefined }
  }

  getValue(key: string): bigint {
    return this.counters.get(key)?.value ?? 0n
  }

  getOps(key: string): number {
    return this.counters.get(key)?.ops ?? 0
  }

  async readCounter(key: string, options: { consistency?: string } = {}): Promise<Counter> {
    return { key, value: await this.read(key, options), ops: this.getOps(key) }
  }

  async read(key: string, { consistency }: { consistency?: string } = {}): Promise<bigint> {
    onlyLocal(consistency)
    return this.getValue(key)
  }

  list({ prefix = '', after, limit = 100 }: ListOptions = {}): CounterPage {
    const all = [...this.counters.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .filter(({ key }) => after === undefined || compareKeys(key, after) > 0)
      .toSorted((a, b) => compareKeys(a.key, b.key))
    const counters = all.slice(0, limit)
    const last = counters.at(-1)
    return { counters, ...(all.length > limit && last && { after: last.key }) }
  }

  status(): ServiceStatus {
    return { ...STATUS, counters: this.counters.size, storeTrouble: this.storeTrouble }
  }

  counts(): ServiceCounts {
    return COUNTS
  }

  readonly slots: () => never = notInFake
  readonly compareSoon: () => never = notInFake
  readonly applyEncoded: () => never = notInFake
  readonly handOn: () => never = notInFake
  readonly encode: () => never = notInFake

  async merge(counter: DistributedKeyCounter): Promise<string[]> {
    if (this.failure !== undefined) throw this.failure
    return this.state.merge(counter)
  }

  snapshot(): StateSnapshot {
    return this.state.snapshot()
  }

  async stop(): Promise<void> {}
}

/** Keys that the fake would have to refuse, were the HTTP side to let them through. */
export const isKey = (text: string): boolean =>
  text.isWellFormed() && text.length > 0 && utf8Length(text) <= 512
