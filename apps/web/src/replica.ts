// Starts this tab's replica and keeps the page's signals in step with it. Loaded after the first paint.
import { BrowserStore } from '@tallymesh/storage/browser'
import { MemoryStore } from '@tallymesh/storage/memory'
import { createCounterService, type CounterService } from '@tallymesh/sync'
import { Dialler } from './dialler.ts'
import { canHoldIdentity, holdIdentity } from './identity.ts'
import { makePrivateKey, startNode, type TabNode } from './node.ts'
import { askOriginPeer, type OriginPeer, rememberedOriginPeer } from './origin-peer.ts'
import { SentMark } from './sent-mark.ts'
import * as state from './state.ts'
import { showChanges, showCounters } from './shown-changes.ts'

/** How often the page looks whether what it said of its state still holds. */
const lookEveryMs = 1_000

const retryOriginMs = 1_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The first visit needs an answer; every later one starts from what is remembered. */
async function findOriginPeer(): Promise<OriginPeer> {
  const remembered = rememberedOriginPeer()
  if (remembered !== undefined) return remembered
  state.learn({ phase: 'asking' })
  for (;;) {
    try {
      return await askOriginPeer()
    } catch {
      await pause(retryOriginMs)
    }
  }
}

interface Opened {
  readonly node: TabNode
  readonly service: CounterService
  /** Where the replica keeps what it is good to remember but no harm to lose. */
  readonly notes: string | undefined
}

async function open(namespace: string): Promise<Opened> {
  if (!canHoldIdentity()) {
    state.keptInMemoryOnly.value = true
    const node = await startNode(await makePrivateKey())
    const store = new MemoryStore()
    const service = await createCounterService({ libp2p: node, store, namespace })
    return { node, service, notes: undefined }
  }
  const { database, privateKey } = await holdIdentity(namespace, makePrivateKey)
  const node = await startNode(privateKey)
  const store = new BrowserStore({ database })
  const service = await createCounterService({ libp2p: node, store, namespace })
  return { node, service, notes: `${database}/sent` }
}

/** The peer's own word where it gives one, else the last one. */
async function findAddresses(): Promise<readonly string[]> {
  try {
    const peer = await askOriginPeer()
    const shown = state.namespace.peek()
    state.otherNamespace.value = peer.namespace === shown ? undefined : peer.namespace
    return peer.namespace === shown ? peer.addresses : []
  } catch {
    return rememberedOriginPeer()?.addresses ?? []
  }
}

function keepSentMark(notes: string | undefined): SentMark {
  const kept = notes === undefined ? 0 : Number(localStorage.getItem(notes) ?? 0)
  return new SentMark(kept, (sent) => {
    if (notes !== undefined) localStorage.setItem(notes, String(sent))
  })
}

function watchState({ service, notes }: Opened): void {
  const mark = keepSentMark(notes)
  const look = (): void => {
    const status = service.status()
    state.learn({
      phase: 'running',
      peers: status.peers.filter((peer) => peer.connected).length,
      unsent: mark.observe(status),
      storeTrouble: status.storeTrouble,
    })
  }
  service.addEventListener('peers', look)
  setInterval(look, lookEveryMs)
  look()
}

function keepConnected(libp2p: TabNode): void {
  const dialler = new Dialler({
    libp2p,
    find: findAddresses,
    onFirstAttempt: () => state.learn({ connecting: false }),
  })
  void dialler.run()
}

/** Opens what this browser holds, shows it, and only then looks for the network. */
export async function startReplica(): Promise<void> {
  const { namespace } = await findOriginPeer()
  state.namespace.value = namespace
  state.learn({ phase: 'opening' })
  const opened = await open(namespace)
  showCounters(opened.service)
  showChanges(opened.service)
  watchState(opened)
  state.service.value = opened.service
  keepConnected(opened.node)
}
