// A tab's replica: identity, store, node and links, brought up in order and told of to the page.
import type { BrowserStoreCondition } from '@tallymesh/storage/browser'
import { createCounterService, type CounterService } from '@tallymesh/sync'
import { Gate } from './gate.ts'
import { openMark } from './kept-mark.ts'
import { lookAt, type Subject } from './look.ts'
import { startNode, type TabNode } from './node.ts'
import { NodeDialler } from './node-dialler.ts'
import { openIdentity } from './opened-identity.ts'
import {
  askOriginPeer,
  findOriginPeer,
  isDialable,
  type OriginPeer,
  rememberedOriginPeer,
} from './origin-peer.ts'
import { askToPersist } from './persistence.ts'
import { storageOf } from './storage-state.ts'
import { TabLinks } from './tab-links.ts'
import { FIRST_STATE, type TabReplica, type TabState } from './tab-state.ts'
import { takeUpLeft } from './take-up.ts'
import { onWakeUp } from './wake-ups.ts'

/** Many things at once are one look. */
const LOOK_MS = 50

/** What runs, once it does. */
interface Running extends Subject {
  readonly node: TabNode
  readonly namespace: string
  readonly dialler: NodeDialler
  readonly tabs: TabLinks
  readonly stopListening: () => void
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
  #state: TabState = { ...FIRST_STATE, secure: isSecureContext }
  #running: Running | undefined
  #condition: BrowserStoreCondition = 'ok'
  #looking: ReturnType<typeof setTimeout> | undefined
  #lapse: ReturnType<typeof setTimeout> | undefined
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
    if (offline === this.#state.offline) return
    this.#learn({ offline, leaving: offline })
    if (offline) {
      await this.#running?.tabs.leave()
      // Who switched back meanwhile has not left.
      if (!this.#state.offline) return
      await this.#gate.shut(this.#running?.node)
      this.#learn({ leaving: false })
    } else if (this.#condition !== 'taken') {
      this.#gate.open()
      this.#wake()
    }
    this.#lookSoon()
  }

  async start(): Promise<void> {
    try {
      const origin = await findOriginPeer(() => this.#learn({ phase: 'asking' }))
      this.#learn({ phase: 'opening', namespace: origin.namespace })
      const running = await this.#open(origin)
      if (this.#isStopped) await close(running)
      else this.#run(running)
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      this.#learn({ phase: 'failed', failure })
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#looking)
    clearTimeout(this.#lapse)
    const running = this.#running
    this.#running = undefined
    if (running !== undefined) await close(running)
  }

  /** Opens what this browser holds. The network can wait. */
  async #open({ namespace, members }: OriginPeer): Promise<Running> {
    const opened = await openIdentity(namespace, (condition) => this.#noteCondition(condition))
    opened.kept?.identity.lost.addEventListener('abort', () => this.#noteCondition('taken'))
    const node = await startNode(opened.privateKey, this.#gate)
    const { store } = opened
    const service = await createCounterService({ libp2p: node, store, namespace, members })
    const gate = this.#gate
    return {
      service,
      opened,
      node,
      namespace,
      mark: await openMark(opened.kept?.store, service),
      since: new Map(),
      tabs: new TabLinks({ libp2p: node, namespace, gate, isDialable }),
      dialler: new NodeDialler({
        libp2p: node,
        gate,
        find: () => this.#findAddresses(namespace),
        onFirstAttempt: () => this.#learn({ connecting: false }),
      }),
      stopListening: onWakeUp(() => this.#wake()),
    }
  }

  #run(running: Running): void {
    this.#running = running
    this.#observe(running)
    this.#look()
    running.tabs.start()
    void running.dialler.run()
    this.#takeUp(running)
    // What a tab has left that was killed a moment ago.
    const lapseMs = running.opened.kept?.pool.lapseMs ?? 0
    if (lapseMs > 0) this.#lapse = setTimeout(() => this.#takeUp(running), lapseMs)
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

  /** Something happened after which what failed before may work, or what held before may not. */
  #wake(): void {
    const running = this.#running
    if (running === undefined) return
    running.dialler.wake()
    running.tabs.wake()
    this.#takeUp(running)
    // It may have slept while another tab took its place.
    void running.opened.kept?.store.verify()
  }

  /** What closed tabs have left: also those that were closed since this one opened. */
  #takeUp({ service, opened: { kept }, namespace }: Running): void {
    if (kept === undefined) return
    this.#takingUp = this.#takingUp
      .then(() => takeUpLeft(kept, service, namespace))
      .catch((error: unknown) => console.warn('could not take up what closed tabs left', error))
  }

  // What is told to the page

  #observe({ service, node, mark }: Running): void {
    const lookSoon = (): void => this.#lookSoon()
    service.addEventListener('peers', lookSoon)
    service.addEventListener('storage', lookSoon)
    service.addEventListener('change', ({ detail: { origin } }) => {
      if (origin === 'local') this.#askToPersist()
      // The first that waits to be sent: whoever sees that it counted must not read that all is sent.
      if (origin === 'local' && this.#state.unsent === 0) this.#look()
      else this.#lookSoon()
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
    if (this.#state.storage.persistent !== null) return
    void askToPersist().then((persistent) =>
      this.#learn({ storage: { ...this.#state.storage, persistent } }),
    )
  }

  #noteCondition(condition: BrowserStoreCondition): void {
    this.#condition = condition
    // Another tab goes by this one's peer id now.
    if (condition === 'taken') void this.#gate.shut(this.#running?.node)
    this.#look()
  }

  #lookSoon(): void {
    this.#looking ??= setTimeout(() => this.#look(), LOOK_MS)
  }

  #look(): void {
    clearTimeout(this.#looking)
    this.#looking = undefined
    const running = this.#running
    const seen = running
      ? lookAt(running, this.#condition)
      : { storage: storageOf(this.#condition, null) }
    const { persistent } = this.#state.storage
    this.#learn({ ...seen, storage: { ...seen.storage, persistent } })
    const { unsent, links } = this.#state
    // Gossip has most likely brought it; only a comparison tells.
    if (unsent > 0 && links.length > 0) running?.service.compareSoon()
  }

  #learn(change: Partial<TabState>): void {
    if (this.#isStopped) return
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener(this.#state)
  }
}

async function close({
  service,
  node,
  opened,
  tabs,
  dialler,
  stopListening,
}: Running): Promise<void> {
  stopListening()
  dialler.stop()
  tabs.stop()
  await service.stop()
  await node.stop()
  opened.kept?.identity.release()
  opened.kept?.pool.close()
}
