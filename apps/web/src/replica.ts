// Starts this tab's replica and keeps the page's signals in step with it. Loaded after the first paint.
import { BrowserStore } from '@tallymesh/storage/browser'
import { MemoryStore } from '@tallymesh/storage/memory'
import { createCounterService, type CounterService } from '@tallymesh/sync'
import { Dialler } from './dialler.ts'
import { canHoldIdentity, holdIdentity } from './identity.ts'
import { makePrivateKey, startNode, type TabNode } from './node.ts'
import { askOriginPeer, type OriginPeer, rememberedOriginPeer } from './origin-peer.ts'
import { openSentMark } from './sent-mark.ts'
import * as state from './state.ts'
import { showChanges, showCounters } from './shown-changes.ts'

/** What is said of the state follows what happens after this: many things at once are one look. */
const lookAfterMs = 50

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
}

async function open(namespace: string): Promise<Opened> {
  if (!canHoldIdentity()) {
    state.keptInMemoryOnly.value = true
    const node = await startNode(await makePrivateKey())
    const store = new MemoryStore()
    return { node, service: await createCounterService({ libp2p: node, store, namespace }) }
  }
  const { database, privateKey } = await holdIdentity(namespace, makePrivateKey)
  const node = await startNode(privateKey)
  const store = new BrowserStore({ database })
  return { node, service: await createCounterService({ libp2p: node, store, namespace }) }
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

function watchState(service: CounterService): void {
  const mark = openSentMark(service.status())
  let waiting: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    waiting = undefined
    const status = service.status()
    state.learn({
      phase: 'running',
      peers: status.peers.filter((peer) => peer.connected).length,
      compared: status.peers.some((peer) => peer.lastExchangeMs !== null),
      unsent: mark.observe(status),
      storeTrouble: status.storeTrouble,
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
  watchState(opened.service)
  state.service.value = opened.service
  keepConnected(opened.node)
}
