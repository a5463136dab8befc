// A live replica: its state loaded from a store, replicated over a network, offered to a program.
import {
  checkAmount,
  checkKey,
  type DistributedKeyCounter,
  hashRequestId,
  TallymeshError,
  type Hash64,
  type Slot,
} from '@tallymesh/core'
import type { ReplicaStore } from '@tallymesh/storage'
import { TypedEventEmitter } from 'main-event'
import type { Clock, Random } from './clock.ts'
import type { CheckedIncrement } from './cover.ts'
import { freshEpoch, isProvisional } from './identity.ts'
import { Journal } from './journal.ts'
import { loadReplica, type LoadedReplica } from './load-replica.ts'
import { Membership } from './membership.ts'
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
  /** The store was put back from a backup, and is not to be trusted with its id. */
  readonly restored?: boolean | undefined
}

/**
 * Opens the store, loads it, and joins the network.
 *
 * @throws {TallymeshError} what the store throws; it is closed again then
 */
export const startReplica = async (options: ReplicaOptions): Promise<CounterService> => {
  const { network, store, log, loading } = options
  await store.open()
  try {
    const loaded = await loadReplica(store, network.self, log, loading)
    const replica = new Replica(options, loaded)
    await replica.start()
    return replica
  } catch (error) {
    await store.close()
    throw error
  }
}

class Replica extends TypedEventEmitter<CounterServiceEvents> implements CounterService {
  readonly #options: ReplicaOptions
  readonly #counter: DistributedKeyCounter
  readonly #journal: Journal
  readonly #replicator: Replicator
  readonly #membership: Membership
  readonly #loaded: LoadedReplica
  #storeTrouble: string | null = null
  #stopped: Promise<void> | undefined

  constructor(options: ReplicaOptions, loaded: LoadedReplica) {
    super()
    const { counter } = loaded
    this.#options = options
    this.#counter = counter
    this.#loaded = loaded
    this.#journal = new Journal({
      ...options,
      ...loaded,
      events: {
        committed: () => this.#replicator.committed(),
        changed: (change) => this.#emit('change', change),
        trouble: (error) => this.#noteTrouble(error),
        renewed: (epoch, reason) => this.#noteRenewal(epoch, reason),
      },
    })
    this.#membership = new Membership({ ...options, counter, journal: this.#journal })
    this.#replicator = new Replicator({
      ...options,
      counter,
      journal: this.#journal,
      peersChanged: () => this.#emit('peers', this.#replicator.peers()),
    })
  }

  get replica(): string {
    return this.#counter.authorship.epoch
  }

  async start(): Promise<void> {
    const { network } = this.#options
    await this.#takeUpId()
    await network.start({
      gossip: (author, message) => this.#replicator.hear(author, message),
      connect: (peer) => {
        this.#replicator.connect(peer)
        this.#membership.connect(peer)
      },
      disconnect: (peer) => {
        this.#replicator.disconnect(peer)
        this.#membership.disconnect(peer)
      },
      channel: (channel, protocol) => {
        if (protocol === 'sync') this.#replicator.answer(channel)
        else this.#membership.serve(channel)
      },
    })
    this.#membership.start()
    this.#replicator.start()
    if (this.#options.members.length === 0) await this.#membership.askAround()
  }

  /** Goes on under the id of its store, or provisionally, or under a new one (DESIGN section 8). */
  async #takeUpId(): Promise<void> {
    const { store, members, random, network, restored = false } = this.#options
    const { epoch } = this.#counter.authorship
    const distrust = restored ? 'the store was restored' : this.#loaded.distrust
    if (distrust !== undefined) return this.#journal.renew(epoch, distrust)
    const hasOthers = members.some((member) => member !== network.self)
    if (hasOthers && store.isProof !== true)
      this.#counter.writeAs({ epoch, writer: freshEpoch(network.self, random, this.#counter) })
    else await this.#journal.fold(epoch).catch((error: unknown) => this.#couldNotFold(error))
  }

  /** The store is in trouble, and said so: what is provisional stays so until the next start. */
  #couldNotFold(error: unknown): void {
    this.#options.log.warn('could not take up what was counted provisionally', { error })
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
      verified: !isProvisional(this.#counter.authorship),
      peerId: this.#options.network.self,
      namespace: this.#options.namespace,
      store: this.#options.store.name,
      counters: this.#counter.size,
      replicas: this.#counter.version.size,
      seq: this.#counter.seq,
      forks: [...this.#replicator.forks],
      damaged: this.#loaded.damaged,
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
    const stopped = Promise.all([this.#replicator.stop(), this.#membership.stop()])
    await this.#options.network.stop()
    await stopped
    await this.#options.store.close()
  }

  #noteRenewal(epoch: string, reason: string): void {
    this.#options.log.warn('goes on under a new replica id', { replica: epoch, reason })
    this.#membership.epochChanged()
    this.#emit('replica', { replica: epoch, reason })
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
