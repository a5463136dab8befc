// A live replica: its state loaded from a store, replicated over a network, offered to a program.
import {
  checkAmount,
  checkKey,
  decodeState,
  type DistributedKeyCounter,
  hashRequestId,
  TallymeshError,
  type Hash64,
  type Slot,
  type StateSnapshot,
} from '@tallymesh/core'
import type { ReplicaStore } from '@tallymesh/storage'
import { TypedEventEmitter } from 'main-event'
import type { Clock, Random } from './clock.ts'
import type { ServiceCounts } from './counts.ts'
import type { CheckedIncrement } from './cover.ts'
import { freshEpoch, isProvisional } from './identity.ts'
import { Intake } from './intake.ts'
import { Journal, type Renewal } from './journal.ts'
import { loadReplica, type LoadedReplica } from './load-replica.ts'
import { Membership } from './membership.ts'
import type { Need } from './proposal.ts'
import type { Network } from './network.ts'
import type { Healed, ReachStatus } from './reach.ts'
import type { LimitCounts, PeerLimits } from './peer-limits.ts'
import { Replicator, type Log } from './replicator.ts'
import { checkRetention, Retention, type RetentionLimits } from './retention.ts'
import type { SignedDelta } from './signed-delta.ts'
import { StrongCalls } from './strong-calls.ts'
import type {
  Counter,
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

const NOT_LIMITED: LimitCounts = { slowed: 0, cutOff: 0, refused: 0 }
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
  /** Told of each strong read that was agreed on here, in how many rounds. */
  readonly agreed?: ((rounds: number) => void) | undefined
  /** The store was put back from a backup, and is not to be trusted with its id. */
  readonly restored?: boolean | undefined
  /** What each peer may cost; the network goes by the same. Nothing is limited where they are left out. */
  readonly limits?: PeerLimits | undefined
  /** For how long, and how many, request ids are remembered. */
  readonly requests?: Partial<RetentionLimits> | undefined
}

/**
 * Opens the store, loads it, and joins the network.
 *
 * @throws {TallymeshError} what the store throws; it is closed again then
 */
export const startReplica = async (options: ReplicaOptions): Promise<CounterService> => {
  const { network, store, log, loading } = options
  checkRetention(options.requests ?? {})
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
  readonly #retention: Retention
  readonly #loaded: LoadedReplica
  readonly #strong: StrongCalls
  #storeTrouble: string | null = null
  /** Aborted as soon as it is asked to stop: who waits for others waits no longer. */
  readonly #stopping = new AbortController()
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
        committed: () => {
          this.#replicator.committed()
          this.#retention.committed()
        },
        wantsChanges: () => this.listenerCount('change') > 0,
        changed: (change) => this.#emit('change', change),
        trouble: (error) => this.#noteTrouble(error),
        renewed: (renewal) => this.#noteRenewal(renewal),
        folded: () => {
          this.#membership.proven()
          this.#retention.committed()
        },
      },
    })
    const intake = new Intake({ ...options, counter, stopping: this.#stopping.signal })
    this.#membership = new Membership({
      ...options,
      counter,
      journal: this.#journal,
      intake,
      isCatchingUp: loaded.identity.isCatchingUp,
      stopping: this.#stopping.signal,
      changed: (status) => this.#noteReach(status),
      healed: (healed) => this.#noteHealed(healed),
      found: (member) => this.#replicator.want(member),
    })
    this.#strong = new StrongCalls({
      ...options,
      membership: this.#membership,
      stopping: this.#stopping.signal,
    })
    this.#retention = new Retention({
      ...options,
      ...loaded,
      ...checkRetention(options.requests ?? {}),
      self: options.network.self,
      journal: this.#journal,
      ask: (...asked) => this.#membership.ask(...asked),
    })
    this.#replicator = new Replicator({
      ...options,
      counter,
      journal: this.#journal,
      intake,
      peersChanged: () => this.#emit('peers', this.#replicator.peers()),
      exchanged: (...exchange) => this.#membership.exchanged(...exchange),
      gossiped: (...gossip) => this.#membership.gossiped(...gossip),
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
    this.#retention.start()
    if (this.#options.members.length === 0) await this.#membership.askAround()
  }

  /** Goes on under the id of its store, or provisionally, or under a new one (DESIGN section 8). */
  async #takeUpId(): Promise<void> {
    const { store, members, random, network, restored = false } = this.#options
    const { epoch } = this.#counter.authorship
    const distrust = restored ? 'the store was restored' : this.#loaded.distrust
    // In the commit that sets the damage aside: after it, nothing tells of it any more.
    if (distrust !== undefined) return this.#journal.renew(epoch, distrust, true)
    await this.#journal.settleOwed().catch((error: unknown) => this.#couldNotWrite(error))
    const hasOthers = members.some((member) => member !== network.self)
    if (hasOthers && store.isProof !== true)
      this.#counter.writeAs({ epoch, writer: freshEpoch(network.self, random, this.#counter) })
    else await this.#journal.fold(epoch).catch((error: unknown) => this.#couldNotWrite(error))
  }

  /** The store is in trouble, and said so: what could not be written goes with the next commit. */
  #couldNotWrite(error: unknown): void {
    this.#options.log.warn('could not write at the start', { error })
  }

  increment(
    key: string,
    amount: number | bigint = 1,
    options?: IncrementOptions,
  ): Promise<IncrementResult> {
    return options === undefined
      ? this.#countOne(key, amount)
      : this.#incrementWith(key, amount, options)
  }

  async #incrementWith(
    key: string,
    amount: number | bigint,
    { requestId, ...options }: IncrementOptions,
  ): Promise<IncrementResult> {
    const increment = requestId === undefined ? { key, amount } : { key, amount, requestId }
    return (await this.incrementAll([increment], options))[0]!
  }

  /** With one promise: callers of one are many. */
  #countOne(key: string, amount: number | bigint): Promise<IncrementResult> {
    try {
      return this.#journal.incrementOne(checkIncrement({ key, amount }))
    } catch (error) {
      this.#journal.tally.refused++
      return Promise.reject(error)
    }
  }

  async incrementAll(
    increments: readonly Increment[],
    { ack = 'local', ...limits }: Omit<IncrementOptions, 'requestId'> = {},
  ): Promise<IncrementResult[]> {
    const level = checkLevel('ack', ack)
    limits.signal?.throwIfAborted()
    if (level === 'local') return this.#count(increments)
    return this.#strong.increment(level, limits, () => this.#count(increments))
  }

  #count(increments: readonly Increment[]): Promise<IncrementResult[]> {
    let checked: CheckedIncrement[]
    try {
      checked = increments.map(checkIncrement)
    } catch (error) {
      this.#journal.tally.refused += increments.length
      throw error
    }
    return this.#journal.increment(checked)
  }

  getValue(key: string): bigint {
    return this.#counter.getValue(key)
  }

  getOps(key: string): number {
    return this.#counter.getOps(key)
  }

  async read(key: string, options?: ReadOptions): Promise<bigint> {
    return (await this.readCounter(key, options)).value
  }

  async readCounter(
    key: string,
    { consistency = 'local', ...limits }: ReadOptions = {},
  ): Promise<Counter> {
    checkKey(key)
    const level = checkLevel('consistency', consistency)
    limits.signal?.throwIfAborted()
    if (level === 'local') return { key, value: this.getValue(key), ops: this.getOps(key) }
    return { key, ...(await this.#strong.read(key, level, limits)) }
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
    const slots = counter
      .state()
      .flatMap(({ replica, units }) =>
        units.map(({ key, ...unit }) => ({ replica, key, unit: { ...unit, requestsSince: 0 } })),
      )
    const floors = counter.floors().map(({ replica, floor }) => ({ replica, key: '', unit: floor }))
    const units = [...floors, ...slots]
    return [...(await this.#journal.joinUnits(units, 'local')).changed]
  }

  async applyEncoded(bytes: Uint8Array): Promise<string[]> {
    return [...(await this.#journal.join(decodeState(bytes), 'local')).changed]
  }

  handOn(delta: SignedDelta): void {
    this.#replicator.signed.keep(delta)
  }

  compareSoon(): void {
    this.#replicator.compareSoon()
  }

  encode(): Uint8Array<ArrayBuffer> {
    return this.#counter.encode()
  }

  snapshot(): StateSnapshot {
    return this.#counter.snapshot()
  }

  status(): ServiceStatus {
    const { completed, failed, received, rejected, gaps } = this.#replicator.counts
    const { limits } = this.#options
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
      reach: this.#membership.reach(),
      hasQuorum: this.#membership.reach()?.hasQuorum ?? false,
      exchanges: { completed, failed },
      gossip: { published: this.#replicator.published, received, rejected },
      gaps,
      requests: this.#retention.status(),
      storeTrouble: this.#storeTrouble,
      limited: limits?.status() ?? [],
      limits: { ...(limits?.counts ?? NOT_LIMITED) },
    }
  }

  counts(): ServiceCounts {
    return {
      increments: this.#journal.tally,
      replicator: this.#replicator.counts,
      published: this.#replicator.published,
      publishedBytes: this.#replicator.publishedBytes,
      strong: this.#strong.counts,
      quorum: this.#membership.quorum.counts,
      apartMs: this.#replicator.apartMs(),
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new TallymeshError('ERR_STOPPED', 'the service has been stopped'))
    await this.#retention.stop()
    await this.#journal.stop()
    const stopped = Promise.all([this.#replicator.stop(), this.#membership.stop()])
    await this.#options.network.stop()
    await stopped
    await this.#options.store.close()
  }

  #noteRenewal({ epoch, reason, isRollback }: Renewal): void {
    this.#options.log.warn('goes on under a new replica id', { replica: epoch, reason })
    this.#membership.renewed(isRollback)
    this.#emit('replica', { replica: epoch, reason })
  }

  #noteReach(status: ReachStatus): void {
    const { reachability, reached, missed } = status
    const details = { reachability, reached: reached.length, missed: missed.map(memberOf) }
    if (missed.length === 0) this.#options.log.info('all members are in reach', details)
    else this.#options.log.warn('members are out of reach', details)
    this.#emit('reach', status)
  }

  #noteHealed(healed: Healed): void {
    this.#options.log.info('a member is back', { ...healed })
    this.#emit('healed', healed)
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
    // One is made for each key that moves, and most replicas have nobody who listens.
    if (this.listenerCount(type) > 0) this.safeDispatchEvent(type, { detail })
  }
}

const checkIncrement = ({ key, amount = 1, requestId }: Increment): CheckedIncrement => ({
  key: checkKey(key),
  amount: checkAmount(amount),
  hash: requestId === undefined ? undefined : hashRequestId(requestId),
})

const checkLevel = (option: string, asked: unknown): 'local' | Need => {
  if (asked === 'local' || asked === 'quorum' || asked === 'all') return asked
  throw new TallymeshError(
    'ERR_INVALID_ARGUMENT',
    `${option} is 'local', 'quorum' or 'all'; got ${String(JSON.stringify(asked)).slice(0, 80)}`,
  )
}

const memberOf = ({ member }: { readonly member: string }): string => member

const hex = ({ low, high }: Hash64): string =>
  [high, low].map((half) => half.toString(16).padStart(8, '0')).join('')
