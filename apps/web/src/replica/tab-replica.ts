// A tab's replica: identity, store, node and links, brought up in order and told of to the page.
import type { BrowserStoreCondition } from '@tallymesh/storage/browser'
import { createCounterService, type CounterService } from '@tallymesh/sync'
import { Gate } from './gate.ts'
import { linksOf } from './links.ts'
import { startNode, type TabNode } from './node.ts'
import { NodeDialler } from './node-dialler.ts'
import { type OpenedIdentity, openIdentity } from './opened-identity.ts'
import { askOriginPeer, isDialable, type OriginPeer, rememberedOriginPeer } from './origin-peer.ts'
import { askToPersist } from './persistence.ts'
import { SentMark } from './sent-mark.ts'
import { storageOf } from './storage-state.ts'
import { TabLinks } from './tab-links.ts'
import { FIRST_STATE, type TabReplica, type TabState } from './tab-state.ts'
import { takeUpLeft } from './take-up.ts'
import { onWakeUp } from './wake-ups.ts'

/** Many things at once are one look. */
const LOOK_MS = 50
const RETRY_ORIGIN_MS = 1_000
/** In this tab's store: the operation number that peers were seen to hold. */
const SENT = 'sent'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What runs, once it does. */
interface Running {
  readonly service: CounterService
  readonly node: TabNode
  readonly opened: OpenedIdentity
  readonly dialler: NodeDialler
  readonly tabs: TabLinks
  readonly mark: SentMark
}

/** Starts this tab's replica. What becomes of it is in its state. */
export function startTabReplica(): TabReplica {
  const replica = new Tab()
  void replica.start()
  return replica
}

class Tab implements TabReplica {
  readonly #listeners = new Set<(state: TabState) => void>()
  readonly #gate = new Gate()
  readonly #closers: (() => void)[] = []
  /** When each peer came in reach. */
  readonly #since = new Map<string, number>()
  #state: TabState = { ...FIRST_STATE, secure: isSecureContext }
  #running: Running | undefined
  #condition: BrowserStoreCondition = 'ok'
  #looking: ReturnType<typeof setTimeout> | undefined
  #takingUp: Promise<void> = Promise.resolve()
  #isStopped = false

  get state(): TabState {
    return this.#state
  }

  get service(): CounterService | undefined {
    return this.#running?.service
  }

  watch(listener: (state: TabState) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async setOffline(offline: boolean): Promise<void> {
    if (offline === this.#gate.isShut) return
    this.#learn({ offline })
    if (!offline) {
      this.#gate.open()
      this.#wake()
    } else await this.#gate.shut(this.#running?.node)
    this.#lookSoon()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const close of this.#closers.splice(0).reverse()) close()
    clearTimeout(this.#looking)
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    await running.service.stop()
    await running.node.stop()
    running.opened.kept?.identity.release()
    running.opened.kept?.pool.close()
  }

  async start(): Promise<void> {
    try {
      const { namespace, members } = await this.#findOrigin()
      this.#learn({ phase: 'opening', namespace })
      await this.#open(namespace, members)
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      this.#learn({ phase: 'failed', failure })
    }
  }

  /** The first visit needs an answer; every later one starts from what is remembered. */
  async #findOrigin(): Promise<OriginPeer> {
    const remembered = await rememberedOriginPeer()
    if (remembered !== undefined) return remembered
    this.#learn({ phase: 'asking' })
    for (;;) {
      try {
        return await askOriginPeer()
      } catch {
        await pause(RETRY_ORIGIN_MS)
      }
    }
  }

  async #open(namespace: string, members: readonly string[]): Promise<void> {
    const opened = await openIdentity(namespace, (condition) => this.#noteCondition(condition))
    const node = await startNode(opened.privateKey, this.#gate)
    const service = await createCounterService({
      libp2p: node,
      store: opened.store,
      namespace,
      members,
    })
    const mark = await openMark(opened, service)
    const dialler = this.#createDialler(node, namespace)
    const tabs = new TabLinks({ libp2p: node, namespace, gate: this.#gate, isDialable })
    this.#running = { service, node, opened, dialler, tabs, mark }
    this.#observe(this.#running)
    this.#look()
    tabs.start()
    this.#closers.push(() => tabs.stop())
    void dialler.run()
    this.#closers.push(() => dialler.stop())
    this.#closers.push(onWakeUp(() => this.#wake()))
    this.#takeUp()
  }

  #createDialler(node: TabNode, namespace: string): NodeDialler {
    return new NodeDialler({
      libp2p: node,
      gate: this.#gate,
      find: () => this.#findAddresses(namespace),
      onFirstAttempt: () => this.#learn({ connecting: false }),
    })
  }

  /** The peer's own word where it gives one, else the last one. */
  async #findAddresses(namespace: string): Promise<readonly string[]> {
    try {
      const peer = await askOriginPeer()
      const isSame = peer.namespace === namespace
      this.#learn({ otherNamespace: isSame ? null : peer.namespace })
      return isSame ? peer.addresses : []
    } catch {
      return (await rememberedOriginPeer())?.addresses ?? []
    }
  }

  // What is told to the page

  #observe({ service, node, mark }: Running): void {
    const lookSoon = (): void => this.#lookSoon()
    service.addEventListener('peers', lookSoon)
    service.addEventListener('storage', lookSoon)
    service.addEventListener('change', ({ detail: { origin } }) => {
      if (origin === 'local') this.#askToPersist()
      this.#lookSoon()
    })
    service.addEventListener('replica', () => {
      mark.restart(service.status().peers)
      this.#lookSoon()
    })
    // From relayed to direct, for instance: the same peer, another way.
    node.addEventListener('connection:open', lookSoon)
    node.addEventListener('connection:close', lookSoon)
  }

  #askToPersist(): void {
    if (this.#state.storage.persistent === true) return
    void askToPersist().then((persistent) =>
      this.#learn({ storage: { ...this.#state.storage, persistent } }),
    )
  }

  #noteCondition(condition: BrowserStoreCondition): void {
    this.#condition = condition
    this.#look()
  }

  #lookSoon(): void {
    this.#looking ??= setTimeout(() => this.#look(), LOOK_MS)
  }

  #look(): void {
    clearTimeout(this.#looking)
    this.#looking = undefined
    const { persistent } = this.#state.storage
    const running = this.#running
    if (running === undefined) {
      const storage = { ...storageOf(this.#condition, null), persistent }
      return this.#learn({ storage })
    }
    const { service, opened, mark } = running
    const status = service.status()
    this.#learn({
      phase: 'running',
      identity: {
        replica: status.replica,
        peerId: status.peerId,
        number: opened.kept?.identity.number ?? null,
        lease: leaseOf(opened, this.#condition),
      },
      storage: {
        ...(opened.kept === undefined
          ? { condition: 'memory', detail: opened.whyNot }
          : storageOf(this.#condition, status.storeTrouble)),
        persistent,
      },
      links: linksOf(status.peers, this.#since),
      compared: status.peers.some(({ lastExchangeMs }) => lastExchangeMs !== null),
      unsent: mark.observe(status),
    })
  }

  #learn(change: Partial<TabState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener(this.#state)
  }

  // What makes it try again

  #wake(): void {
    const running = this.#running
    if (running === undefined || this.#isStopped) return
    running.dialler.wake()
    running.tabs.wake()
    this.#takeUp()
    // It may have slept while another tab took its place.
    void running.opened.kept?.store.verify()
  }

  /** What closed tabs have left, once more each time that the network may be back. */
  #takeUp(): void {
    const { service, opened } = this.#running!
    const { namespace } = this.#state
    const { kept } = opened
    if (kept === undefined || namespace === null) return
    this.#takingUp = this.#takingUp
      .then(() => takeUpLeft(kept, service, namespace))
      .catch((error: unknown) => console.warn('could not take up what closed tabs left', error))
  }
}

const leaseOf = (
  { kept }: OpenedIdentity,
  condition: BrowserStoreCondition,
): 'held' | 'lost' | 'memory' => {
  if (kept === undefined) return 'memory'
  return condition === 'taken' ? 'lost' : 'held'
}

/** Good to have, and no harm to lose: then more counts as unsent than is. */
async function openMark({ kept }: OpenedIdentity, service: CounterService): Promise<SentMark> {
  const note = await kept?.store.note(SENT).catch(() => undefined)
  const { replica, seq } = service.status()
  const { sent, of } = (typeof note === 'object' && note !== null ? note : {}) as {
    sent?: unknown
    of?: unknown
  }
  const isOfThis = of === replica && typeof sent === 'number' && sent <= seq
  return new SentMark(isOfThis ? sent : 0, (reached) => {
    kept?.store.keepNote(SENT, { of: service.replica, sent: reached }).catch(() => undefined)
  })
}
