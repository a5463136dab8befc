// A live replica: its state loaded from a store, replicated over a network, offered to a program.
import {
  checkAmount,
  checkKey,
  DistributedKeyCounter,
  hashRequestId,
  TallymeshError,
  type Change,
  type Hash64,
  type Slot,
} from '@tallymesh/core'
import { loadState, RecordCodec, type ReplicaStore } from '@tallymesh/storage'
import { TypedEventEmitter } from 'main-event'
import type { Clock, Random } from './clock.ts'
import { Journal, type CheckedIncrement } from './journal.ts'
import type { Network } from './network.ts'
import { Replicator, type Log } from './replicator.ts'
import type { SignedDelta } from './signed-delta.ts'
import type {
  CounterPage,
  CounterService,
  CounterServiceEvents,
  Increment,
  IncrementOptions,
  IncrementResult,
  ListOptions,
  ReadOptions,
  ServiceStatus,
} from './types.ts'

/** Counters on a page, unless asked otherwise. */
const PAGE = 100

/** What a replica runs on. */
export interface ReplicaOptions {
  readonly network: Network
  readonly store: ReplicaStore
  readonly namespace: string
  readonly members: readonly string[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Told now and then how many records of the store have been loaded. */
  readonly loading?: ((records: number) => void) | undefined
}

/**
 * Opens the store, loads it, and joins the network.
 *
 * @throws {TallymeshError} what the store throws; it is closed again then
 */
export const startReplica = async (options: ReplicaOptions): Promise<CounterService> => {
  const { network, store, log, loading } = options
  const counter = new DistributedKeyCounter({ replica: network.self })
  const codec = new RecordCodec()
  await store.open()
  try {
    for await (const { records, changes, damaged } of loadState(store, codec)) {
      for (const change of changes) restore(counter, change, log)
      for (const { id, reason } of damaged) log.warn('a record is damaged', { id, reason })
      loading?.(records)
    }
    const replica = new Replica(options, counter, codec)
    await replica.start()
    return replica
  } catch (error) {
    await store.close()
    throw error
  }
}

/** A request that its slot is too old for is left out: the slot was damaged once, and came back as it was before. */
const restore = (counter: DistributedKeyCounter, change: Change, log: Log): void => {
  try {
    counter.restore(change)
  } catch (error) {
    if (!(error instanceof TallymeshError && error.code === 'ERR_MALFORMED')) throw error
    log.warn('a record is damaged', { replica: change.replica, reason: error.message })
  }
}

class Replica extends TypedEventEmitter<CounterServiceEvents> implements CounterService {
  readonly #options: ReplicaOptions
  readonly #counter: DistributedKeyCounter
  readonly #journal: Journal
  readonly #replicator: Replicator
  #storeTrouble: string | null = null
  #stopped: Promise<void> | undefined

  constructor(options: ReplicaOptions, counter: DistributedKeyCounter, codec: RecordCodec) {
    super()
    this.#options = options
    this.#counter = counter
    this.#journal = new Journal(counter, options.store, codec, {
      committed: () => this.#replicator.committed(),
      changed: (change) => this.#emit('change', change),
      trouble: (error) => this.#noteTrouble(error),
    })
    this.#replicator = new Replicator({
      ...options,
      counter,
      journal: this.#journal,
      peersChanged: () => this.#emit('peers', this.#replicator.peers()),
    })
  }

  get replica(): string {
    return this.#counter.replica
  }

  start(): Promise<void> {
    return this.#replicator.start()
  }

  async increment(
    key: string,
    amount: number | bigint = 1,
    { requestId, ...options }: IncrementOptions = {},
  ): Promise<IncrementResult> {
    const increment = requestId === undefined ? { key, amount } : { key, amount, requestId }
    return (await this.incrementAll([increment], options))[0]!
  }

  async incrementAll(
    increments: readonly Increment[],
    { ack = 'local', signal }: Omit<IncrementOptions, 'requestId'> = {},
  ): Promise<IncrementResult[]> {
    onlyLocal('ack', ack)
    signal?.throwIfAborted()
    return this.#journal.increment(increments.map(checkIncrement))
  }

  getValue(key: string): bigint {
    return this.#counter.getValue(key)
  }

  getOps(key: string): number {
    return this.#counter.getOps(key)
  }

  async read(key: string, { consistency = 'local', signal }: ReadOptions = {}): Promise<bigint> {
    onlyLocal('consistency', consistency)
    signal?.throwIfAborted()
    return this.getValue(checkKey(key))
  }

  list({ prefix, after, limit = PAGE }: ListOptions = {}): CounterPage {
    // One more than asked for tells whether there are more.
    const counters = this.#counter.list({ prefix, after, limit: limit + 1 })
    if (counters.length <= limit) return { counters }
    const page = counters.slice(0, limit)
    return { counters: page, after: page.at(-1)!.key }
  }

  slots(key: string): readonly (Slot & { readonly replica: string })[] {
    return this.#counter.slots(key)
  }

  async merge(counter: DistributedKeyCounter): Promise<string[]> {
    const units = counter
      .state()
      .flatMap(({ replica, units }) =>
        units.map(({ key, ...unit }) => ({ replica, key, unit: { ...unit, requestsSince: 0 } })),
      )
    return [...(await this.#journal.joinWhole(units, 'local')).changed]
  }

  handOn(delta: SignedDelta): void {
    this.#replicator.signed.keep(delta)
  }

  encode(): Uint8Array<ArrayBuffer> {
    return this.#counter.encode()
  }

  status(): ServiceStatus {
    const { completed, failed, received, rejected, gaps } = this.#replicator.counts
    return {
      replica: this.replica,
      peerId: this.#options.network.self,
      namespace: this.#options.namespace,
      store: this.#options.store.name,
      counters: this.#counter.size,
      replicas: this.#counter.version.size,
      seq: this.#counter.seq,
      root: hex(this.#counter.digest().root),
      peers: this.#replicator.peers(),
      members: this.#options.members,
      exchanges: { completed, failed },
      gossip: { published: this.#replicator.published, received, rejected },
      gaps,
      storeTrouble: this.#storeTrouble,
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await this.#journal.stop()
    await this.#replicator.stop()
    await this.#options.store.close()
  }

  #noteTrouble(error: Error | null): void {
    this.#storeTrouble = error === null ? null : error.message
    if (error === null) this.#options.log.info('the store is well again', {})
    else this.#options.log.warn('the store refused a commit', { error })
    this.#emit('storage', this.#storeTrouble)
  }

  #emit<K extends keyof CounterServiceEvents>(
    type: K,
    detail: CounterServiceEvents[K]['detail'],
  ): void {
    this.safeDispatchEvent(type, { detail })
  }
}

const checkIncrement = ({ key, amount = 1, requestId }: Increment): CheckedIncrement => ({
  key: checkKey(key),
  amount: checkAmount(amount),
  hash: requestId === undefined ? undefined : hashRequestId(requestId),
})

const onlyLocal = (option: string, asked: string): void => {
  if (asked === 'local') return
  throw new TallymeshError(
    'ERR_INVALID_ARGUMENT',
    `${option} is 'local' in this version; got ${JSON.stringify(asked)}`,
  )
}

const hex = ({ low, high }: Hash64): string =>
  [high, low].map((half) => half.toString(16).padStart(8, '0')).join('')
