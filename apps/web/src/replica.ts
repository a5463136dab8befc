// Starts this tab's replica, and tells how it stands. Loaded after the first paint.
import { BrowserStore } from '@tallymesh/storage/browser'
import { MemoryStore } from '@tallymesh/storage/memory'
import { createCounterService, type CounterService, type PeerStatus } from '@tallymesh/sync'
import { Dialler } from './dialler.ts'
import { canHoldIdentity, holdIdentity } from './identity.ts'
import { makePrivateKey, startNode, type TabNode } from './node.ts'
import { askOriginPeer, type OriginPeer, rememberedOriginPeer } from './origin-peer.ts'
import { FIRST_STATE, type TabLink, type TabReplica, type TabState } from './replica/tab-state.ts'
import { openSentMark } from './sent-mark.ts'

/** What is said of the state follows what happens after this: many things at once are one look. */
const lookAfterMs = 50

const retryOriginMs = 1_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

class PageReplica implements TabReplica {
  state: TabState = FIRST_STATE
  service: CounterService | undefined
  readonly #listeners = new Set<(state: TabState) => void>()
  readonly #since = new Map<string, number>()
  #node: TabNode | undefined
  #dialler: Dialler | undefined

  watch(listener: (state: TabState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async setOffline(offline: boolean): Promise<void> {
    this.#learn({ offline })
    if (!offline) return this.#dial()
    this.#dialler?.stop()
    await Promise.all((this.#node?.getConnections() ?? []).map((connection) => connection.close()))
  }

  async stop(): Promise<void> {
    this.#dialler?.stop()
    await this.service?.stop()
    await this.#node?.stop()
  }

  /** Opens what this browser holds, shows it, and only then looks for the network. */
  async run(): Promise<void> {
    const { namespace } = await this.#findOriginPeer()
    this.#learn({ namespace, phase: 'opening' })
    const { node, service, number } = await open(namespace)
    this.#node = node
    this.service = service
    this.#learn({
      phase: 'running',
      secure: number !== null,
      identity: {
        replica: service.replica,
        peerId: service.status().peerId,
        number,
        lease: number === null ? 'memory' : 'held',
      },
      storage: { condition: number === null ? 'memory' : 'ok', detail: null, persistent: null },
    })
    this.#watchService(service)
    this.#dial()
  }

  /** The first visit needs an answer; every later one starts from what is remembered. */
  async #findOriginPeer(): Promise<OriginPeer> {
    const remembered = rememberedOriginPeer()
    if (remembered !== undefined) return remembered
    this.#learn({ phase: 'asking' })
    for (;;) {
      try {
        return await askOriginPeer()
      } catch {
        await pause(retryOriginMs)
      }
    }
  }

  /** The peer's own word where it gives one, else the last one. */
  async #findAddresses(): Promise<readonly string[]> {
    try {
      const peer = await askOriginPeer()
      const same = peer.namespace === this.state.namespace
      this.#learn({ otherNamespace: same ? null : peer.namespace })
      return same ? peer.addresses : []
    } catch {
      return rememberedOriginPeer()?.addresses ?? []
    }
  }

  #watchService(service: CounterService): void {
    const mark = openSentMark(service.status())
    let waiting: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      waiting = undefined
      const status = service.status()
      const trouble = status.storeTrouble
      const { condition } = this.state.storage
      this.#learn({
        links: status.peers.filter((peer) => peer.connected).map((peer) => this.#linkOf(peer)),
        compared: status.peers.some((peer) => peer.lastExchangeMs !== null),
        unsent: mark.observe(status),
        storage: {
          condition: trouble !== null ? 'refused' : condition === 'memory' ? 'memory' : 'ok',
          detail: trouble,
          persistent: null,
        },
      })
    }
    const lookSoon = (): void => {
      waiting ??= setTimeout(look, lookAfterMs)
    }
    // An exchange must be seen when it ends, before the next increment.
    service.addEventListener('peers', look)
    service.addEventListener('storage', lookSoon)
    service.addEventListener('change', lookSoon)
    look()
  }

  #linkOf({ peer, lag, roundTripMs }: PeerStatus): TabLink {
    const since = this.#since.get(peer) ?? Date.now()
    this.#since.set(peer, since)
    return { peer, kind: 'node', via: 'websocket', lag, roundTripMs, since }
  }

  #dial(): void {
    if (this.#node === undefined || this.state.offline) return
    this.#dialler?.stop()
    this.#dialler = new Dialler({
      libp2p: this.#node,
      find: () => this.#findAddresses(),
      onFirstAttempt: () => this.#learn({ connecting: false }),
    })
    void this.#dialler.run()
  }

  #learn(change: Partial<TabState>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.#listeners) listener(this.state)
  }

  fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#learn({ phase: 'failed', failure: `This tab could not start: ${reason}` })
  }
}

interface Opened {
  readonly node: TabNode
  readonly service: CounterService
  readonly number: number | null
}

async function open(namespace: string): Promise<Opened> {
  if (!canHoldIdentity()) {
    const node = await startNode(await makePrivateKey())
    const service = await createCounterService({
      libp2p: node,
      store: new MemoryStore(),
      namespace,
    })
    return { node, service, number: null }
  }
  const { database, privateKey, number } = await holdIdentity(namespace, makePrivateKey)
  const node = await startNode(privateKey)
  const store = new BrowserStore({ database })
  return { node, service: await createCounterService({ libp2p: node, store, namespace }), number }
}

export function startTabReplica(): TabReplica {
  const replica = new PageReplica()
  replica.run().catch((error: unknown) => replica.fail(error))
  return replica
}
