// Links to other tabs, over WebRTC: they tell each other on a gossip topic where they are, and one of
// each two dials. A Node peer relays the introduction; after that they need nobody.
import type { Message } from '@chainsafe/libp2p-gossipsub'
import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import {
  backOffMs,
  type BackOff,
  decodeTabAddresses,
  encodeTabAddresses,
  tabTopic,
} from '@tallymesh/sync'
import type { Gate } from './gate.ts'
import type { TabNode } from './node.ts'
import { KnownTabs } from './known-tabs.ts'
import { wantedTabs } from './wanted-tabs.ts'

/** Announcements get lost, and tabs are forgotten that do not repeat theirs. Jittered by half. */
const ANNOUNCE_MS = 20_000
/** Many reasons to announce come at once. */
const SETTLE_MS = 100
/** A dial costs half a second of CPU at both ends. */
const MAX_DIALS = 2
/** Also where a tab went away without a word. */
const DIAL_MS = 10_000
const LOOK_MS = 2_000
/** A last word is written, and under way, after this. */
const LEAVE_MS = 50
const BACK_OFF: BackOff = { firstMs: 1_000, longestMs: 60_000 }

export interface TabLinksInit {
  readonly libp2p: TabNode
  readonly namespace: string
  readonly gate: Gate
  /** Whether this page may dial an address at all. */
  readonly isDialable: (address: string) => boolean
}

export class TabLinks {
  readonly #init: TabLinksInit
  readonly #topic: string
  readonly #known: KnownTabs
  readonly #dialling = new Set<string>()
  readonly #stopping = new AbortController()
  #announcing: ReturnType<typeof setTimeout> | undefined
  #announcesAt = Infinity
  #looking: ReturnType<typeof setInterval> | undefined

  constructor(init: TabLinksInit) {
    this.#init = init
    this.#topic = tabTopic(init.namespace)
    this.#known = new KnownTabs(() => performance.now())
  }

  start(): void {
    const { libp2p } = this.#init
    const { pubsub } = libp2p.services
    pubsub.topicValidators.set(this.#topic, (_, message) => this.#hear(message))
    pubsub.subscribe(this.#topic)
    pubsub.addEventListener('subscription-change', this.#announceSoon)
    libp2p.addEventListener('self:peer:update', this.#announceSoon)
    libp2p.addEventListener('connection:open', this.#dropOthers)
    libp2p.addEventListener('peer:disconnect', this.#look)
    this.#looking = setInterval(this.#look, LOOK_MS)
    this.#announceSoon()
  }

  stop(): void {
    const { libp2p } = this.#init
    const { pubsub } = libp2p.services
    this.#stopping.abort()
    clearInterval(this.#looking)
    clearTimeout(this.#announcing)
    pubsub.topicValidators.delete(this.#topic)
    pubsub.removeEventListener('subscription-change', this.#announceSoon)
    libp2p.removeEventListener('self:peer:update', this.#announceSoon)
    libp2p.removeEventListener('connection:open', this.#dropOthers)
    libp2p.removeEventListener('peer:disconnect', this.#look)
  }

  /** What failed before may work now. */
  wake(): void {
    this.#known.forgetFailures()
    this.#announceSoon()
    this.#look()
  }

  get #self(): string {
    return this.#init.libp2p.peerId.toString()
  }

  // Telling

  readonly #announceSoon = (): void => this.#announceIn(SETTLE_MS * (1 + Math.random()))

  /** The sooner of what is due. */
  #announceIn(ms: number): void {
    const at = performance.now() + ms
    if (this.#stopping.signal.aborted || at >= this.#announcesAt) return
    clearTimeout(this.#announcing)
    this.#announcesAt = at
    this.#announcing = setTimeout(() => this.#announce(), ms)
  }

  #announce(): void {
    this.#announcesAt = Infinity
    this.#announceIn(ANNOUNCE_MS * (0.5 + Math.random()))
    const { libp2p, gate } = this.#init
    const addresses = ownAddresses(libp2p)
    if (gate.isShut || addresses.length === 0) return
    // Nobody there yet: who comes is told by the change of subscriptions.
    libp2p.services.pubsub
      .publish(this.#topic, encodeTabAddresses(addresses))
      .catch(() => undefined)
  }

  /** Tells the others that this tab is off: over WebRTC alone they would notice after some 15 s. */
  async leave(): Promise<void> {
    const { pubsub } = this.#init.libp2p.services
    await pubsub.publish(this.#topic, encodeTabAddresses([])).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, LEAVE_MS))
  }

  #hear(message: Message): TopicValidatorResult {
    if (message.type !== 'signed') return TopicValidatorResult.Reject
    const author = message.from.toString()
    try {
      const addresses = decodeTabAddresses(author, message.data)
      if (author !== this.#self) this.#meet(author, addresses)
      return TopicValidatorResult.Accept
    } catch {
      return TopicValidatorResult.Reject
    }
  }

  #meet(tab: string, addresses: readonly string[]): void {
    if (addresses.length === 0) return this.#partFrom(tab)
    const isNew = this.#known.put(tab, addresses)
    // The newcomer does not know of this one yet, and may be the one that is to dial.
    if (isNew && this.#self > tab) this.#announceSoon()
    this.#look()
  }

  #partFrom(tab: string): void {
    this.#known.forget(tab)
    for (const connection of this.#init.libp2p.getConnections(peerIdFromString(tab)))
      drop(connection, 'the tab has left')
  }

  // Dialling

  /** Dials who is wanted, not linked, and this tab's to dial: that with the smaller id. */
  readonly #look = (): void => {
    if (this.#init.gate.isShut || this.#stopping.signal.aborted) return
    const known = this.#known.tabs((tab) => this.#isLinked(tab))
    for (const tab of wantedTabs(this.#self, known)) {
      if (this.#dialling.size >= MAX_DIALS) return
      const isMine = this.#self < tab && !this.#dialling.has(tab)
      if (isMine && !this.#isLinked(tab) && this.#known.isDue(tab)) void this.#dial(tab)
    }
  }

  async #dial(tab: string): Promise<void> {
    const { libp2p, gate, isDialable } = this.#init
    const addresses = this.#known.addresses(tab).filter((each) => isDialable(each))
    if (addresses.length === 0) return
    this.#dialling.add(tab)
    try {
      const timeout = AbortSignal.timeout(DIAL_MS)
      const signal = AbortSignal.any([timeout, gate.untilShut, this.#stopping.signal])
      const targets = addresses.map((address) => multiaddr(address))
      await libp2p.dial(targets, { signal })
    } catch {
      // What was wrong is of no use to anyone here; it is tried again.
    }
    this.#dialling.delete(tab)
    // libp2p may have come to a connection that only the relay carries, and be content with it.
    if (this.#isLinked(tab)) this.#known.succeeded(tab)
    else this.#known.failed(tab, (failures) => backOffMs(BACK_OFF, failures, Math.random))
    this.#look()
  }

  #isLinked(tab: string): boolean {
    const connections = this.#init.libp2p.getConnections(peerIdFromString(tab))
    return connections.some(({ limits, status }) => limits === undefined && status === 'open')
  }

  /**
   * A direct connection makes the others to the same tab useless: that through the relay was for the
   * introduction only, and an older direct one is dead, or this one would not have been dialled.
   */
  readonly #dropOthers = ({ detail: opened }: CustomEvent<Connection>): void => {
    const isTab = opened.remoteAddr.toString().includes('/webrtc')
    if (!isTab || opened.limits !== undefined) return
    for (const other of this.#init.libp2p.getConnections(opened.remotePeer))
      if (other.id !== opened.id) drop(other, 'another connection stands')
  }
}

/** Not politely: the other side is gone, or has this as good as closed itself. */
function drop(connection: Connection, why: string): void {
  connection.abort(new Error(why))
}

/** Through each Node peer that relays to this tab, by the address at which this tab has reached it. */
function ownAddresses(libp2p: TabNode): string[] {
  const self = libp2p.peerId.toString()
  const relays = new Set(libp2p.getMultiaddrs().map((address) => relayOf(address.toString())))
  const addresses = new Map<string, string>()
  for (const { remotePeer, remoteAddr, limits } of libp2p.getConnections()) {
    const relay = remotePeer.toString()
    if (limits !== undefined || !relays.has(relay)) continue
    const base = remoteAddr.toString().replace(/\/p2p\/[^/]+$/, '')
    addresses.set(relay, `${base}/p2p/${relay}/p2p-circuit/webrtc/p2p/${self}`)
  }
  return [...addresses.values()]
}

const relayOf = (address: string): string | undefined =>
  /\/p2p\/([^/]+)\/p2p-circuit\/webrtc/.exec(address)?.[1]
