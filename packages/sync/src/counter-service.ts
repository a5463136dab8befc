// A replica as one of a libp2p node's own services: it starts and stops with the node.
import { TallymeshError } from '@tallymesh/core'
import { TypedEventEmitter } from 'main-event'
import { createCounterService, type CounterServiceOptions } from './create-counter-service.ts'
import { asLibp2pService, nodeOf, type Libp2pComponents } from './libp2p/node.ts'
import type { CounterService, CounterServiceEvents } from './types.ts'

export type CounterServiceInit = Omit<CounterServiceOptions, 'libp2p'>

/**
 * A replica for the `services` of a libp2p node, beside gossipsub as `pubsub`, and identify:
 *
 * ```ts
 * const libp2p = await createLibp2p({
 *   services: {
 *     identify: identify(),
 *     pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
 *     counters: counterService({ store, namespace: 'shop' }),
 *   },
 * })
 * await libp2p.services.counters.increment('views')
 * ```
 *
 * The node has started when the store is loaded, and does not start without it (with the errors of
 * `createCounterService`); it stops the replica before anything else. Before its first start, all
 * but the listeners throws `ERR_NOT_READY`. A node that is started again opens the store again.
 */
export const counterService =
  (init: CounterServiceInit): ((components: Libp2pComponents) => CounterService) =>
  (components) =>
    asLibp2pService(new HostedReplica(init, components))

/** So that none of them is forgotten. */
const EVENTS: Readonly<Record<keyof CounterServiceEvents, true>> = {
  change: true,
  peers: true,
  reach: true,
  healed: true,
  replica: true,
  storage: true,
}

class HostedReplica extends TypedEventEmitter<CounterServiceEvents> implements CounterService {
  readonly #init: CounterServiceInit
  readonly #components: Libp2pComponents
  /** The running one, or the last one that ran. */
  #replica: CounterService | undefined

  constructor(init: CounterServiceInit, components: Libp2pComponents) {
    super()
    this.#init = init
    this.#components = components
  }

  /** libp2p takes nothing for a service that starts and stops without it. */
  start(): void {}

  /** Gossip and identify run by now. */
  async afterStart(): Promise<void> {
    const replica = await createCounterService({
      ...this.#init,
      libp2p: nodeOf(this.#components),
    })
    this.#replica = replica
    for (const type of Object.keys(EVENTS) as (keyof CounterServiceEvents)[])
      replica.addEventListener(type, ({ detail }: CustomEvent<unknown>) =>
        this.safeDispatchEvent(type, { detail }),
      )
  }

  /** What was accepted can still be sent: nothing else of the node has stopped yet. */
  beforeStop(): Promise<void> {
    return this.stop()
  }

  async stop(): Promise<void> {
    await this.#replica?.stop()
  }

  get #service(): CounterService {
    if (this.#replica !== undefined) return this.#replica
    throw new TallymeshError(
      'ERR_NOT_READY',
      'there are counters once the libp2p node has started: await createLibp2p, or node.start()',
    )
  }

  get replica(): string {
    return this.#service.replica
  }

  // As they are declared: an async method would turn what it throws now into a rejection.
  readonly increment: CounterService['increment'] = async (...args) =>
    this.#service.increment(...args)
  readonly incrementAll: CounterService['incrementAll'] = async (...args) =>
    this.#service.incrementAll(...args)
  readonly read: CounterService['read'] = async (...args) => this.#service.read(...args)
  readonly readCounter: CounterService['readCounter'] = async (...args) =>
    this.#service.readCounter(...args)
  readonly merge: CounterService['merge'] = async (...args) => this.#service.merge(...args)
  readonly compareSoon: CounterService['compareSoon'] = () => this.#service.compareSoon()
  readonly applyEncoded: CounterService['applyEncoded'] = async (...args) =>
    this.#service.applyEncoded(...args)
  readonly getValue: CounterService['getValue'] = (...args) => this.#service.getValue(...args)
  readonly getOps: CounterService['getOps'] = (...args) => this.#service.getOps(...args)
  readonly list: CounterService['list'] = (...args) => this.#service.list(...args)
  readonly slots: CounterService['slots'] = (...args) => this.#service.slots(...args)
  readonly handOn: CounterService['handOn'] = (...args) => this.#service.handOn(...args)
  readonly encode: CounterService['encode'] = () => this.#service.encode()
  readonly snapshot: CounterService['snapshot'] = () => this.#service.snapshot()
  readonly counts: CounterService['counts'] = () => this.#service.counts()
  readonly status: CounterService['status'] = () => this.#service.status()
}
