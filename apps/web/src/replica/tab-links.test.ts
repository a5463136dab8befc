import { TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { decodeTabAddresses, encodeTabAddresses, tabTopic } from '@tallymesh/sync'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Gate } from './gate.ts'
import type { TabNode } from './node.ts'
import { TabLinks } from './tab-links.ts'

const topic = tabTopic('shop')
const makeId = async (): Promise<PeerId> => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

/** Six ids in their order: of two tabs, that with the smaller one dials. */
const ids = (await Promise.all([1, 2, 3, 4, 5, 6].map(makeId))).toSorted((a, b) =>
  a.toString() < b.toString() ? -1 : 1,
) as [PeerId, PeerId, PeerId, PeerId, PeerId, PeerId]
const relay = await makeId()
const relayAt = `/ip4/127.0.0.1/tcp/4000/ws/p2p/${relay.toString()}`
const addressOf = (tab: PeerId): string => `${relayAt}/p2p-circuit/webrtc/p2p/${tab.toString()}`

class FakeConnection {
  readonly id = String(Math.random())
  status = 'open'
  abortedWith: string | undefined
  readonly remotePeer: PeerId
  readonly remoteAddr: Multiaddr
  readonly limits: object | undefined

  constructor(remotePeer: PeerId, address: string, limits?: object) {
    this.remotePeer = remotePeer
    this.remoteAddr = multiaddr(address)
    this.limits = limits
  }

  abort(reason: Error): void {
    this.status = 'aborted'
    this.abortedWith = reason.message
  }
}

type Validate = (from: PeerId, message: object) => TopicValidatorResult

/** Gossip that goes nowhere. */
class FakePubsub extends EventTarget {
  readonly topicValidators = new Map<string, Validate>()
  readonly published: string[][] = []
  readonly #self: PeerId

  constructor(self: PeerId) {
    super()
    this.#self = self
  }

  subscribe(): void {}

  async publish(_topic: string, bytes: Uint8Array): Promise<void> {
    this.published.push(decodeTabAddresses(this.#self.toString(), bytes))
  }
}

/** A node of libp2p as far as links look at it: linked with its relay, and with whom it has dialled. */
class FakeNode extends EventTarget {
  readonly peerId: PeerId
  readonly services: { readonly pubsub: FakePubsub }
  readonly connections: FakeConnection[] = []
  readonly dialled: string[] = []
  /** Dials that have not ended yet. */
  readonly pending: { readonly resolve: () => void; readonly reject: (why: Error) => void }[] = []

  constructor(self: PeerId) {
    super()
    this.peerId = self
    this.services = { pubsub: new FakePubsub(self) }
    this.connections.push(new FakeConnection(relay, relayAt))
  }

  getMultiaddrs(): Multiaddr[] {
    return [multiaddr(addressOf(this.peerId))]
  }

  getConnections(peer?: PeerId): FakeConnection[] {
    const open = this.connections.filter(({ status }) => status === 'open')
    return open.filter(({ remotePeer }) => peer === undefined || remotePeer.equals(peer))
  }

  dial(addresses: readonly Multiaddr[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.dialled.push(addresses.map(String).join(' '))
    this.pending.push({ resolve, reject })
    return promise
  }

  /** A connection comes up. */
  connect(connection: FakeConnection): FakeConnection {
    this.connections.push(connection)
    this.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
    return connection
  }
}

interface LinkedTab {
  readonly node: FakeNode
  readonly links: TabLinks
  readonly gate: Gate
  /** Gossip comes from another tab: what this one makes of it. */
  readonly hear: (from: PeerId, addresses?: readonly string[]) => TopicValidatorResult
}

let running: TabLinks | undefined

function start(self: PeerId, isDialable: (address: string) => boolean = () => true): LinkedTab {
  const node = new FakeNode(self)
  const gate = new Gate()
  const libp2p = node as unknown as TabNode
  const links = new TabLinks({ libp2p, namespace: 'shop', gate, isDialable })
  running = links
  links.start()
  const hear: LinkedTab['hear'] = (from, addresses = [addressOf(from)]) => {
    const data = encodeTabAddresses(addresses)
    return node.services.pubsub.topicValidators.get(topic)!(from, { type: 'signed', from, data })
  }
  return { node, links, gate, hear }
}

/** Lets what was begun go on, with no time passing. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  running?.stop()
  vi.useRealTimers()
})

test('a tab tells where it is: through its relay, at the address by which it has reached that', async () => {
  const { node } = start(ids[0])
  await vi.advanceTimersByTimeAsync(200)
  expect(node.services.pubsub.published).toEqual([[addressOf(ids[0])]])
  node.services.pubsub.dispatchEvent(new Event('subscription-change'))
  node.dispatchEvent(new Event('self:peer:update'))
  await vi.advanceTimersByTimeAsync(200)
  // Two reasons at once are one announcement.
  expect(node.services.pubsub.published).toHaveLength(2)
})

test('announcements are repeated, but not while the tab is off the network', async () => {
  const { node, gate, links } = start(ids[0])
  const { published } = node.services.pubsub
  await vi.advanceTimersByTimeAsync(31_000)
  expect(published.length).toBeGreaterThanOrEqual(2)
  await gate.shut()
  const before = published.length
  await vi.advanceTimersByTimeAsync(120_000)
  expect(published).toHaveLength(before)
  gate.open()
  links.wake()
  await vi.advanceTimersByTimeAsync(200)
  expect(published).toHaveLength(before + 1)
})

test('of two tabs that of the smaller id dials; the other answers a newcomer by telling where it is', async () => {
  const smaller = start(ids[0])
  expect(smaller.hear(ids[1])).toBe(TopicValidatorResult.Accept)
  expect(smaller.node.dialled).toEqual([addressOf(ids[1])])
  smaller.links.stop()

  const larger = start(ids[1])
  await vi.advanceTimersByTimeAsync(200)
  const { published } = larger.node.services.pubsub
  expect(published).toHaveLength(1)
  larger.hear(ids[0])
  await vi.advanceTimersByTimeAsync(200)
  expect(published).toHaveLength(2)
  expect(larger.node.dialled).toEqual([])
})

test('what is unsigned, malformed or of another’s address is rejected, and nobody dialled', () => {
  const { node, hear } = start(ids[0])
  const validate = node.services.pubsub.topicValidators.get(topic)!
  expect(validate(ids[1], { type: 'unsigned', data: encodeTabAddresses([]) })).toBe(
    TopicValidatorResult.Reject,
  )
  const malformed = { type: 'signed', from: ids[1], data: Uint8Array.of(255, 255) }
  expect(validate(ids[1], malformed)).toBe(TopicValidatorResult.Reject)
  expect(hear(ids[1], [addressOf(ids[2])])).toBe(TopicValidatorResult.Reject)
  expect(node.dialled).toEqual([])
})

test('a tab hears itself and does not dial; nor what the page may not dial', () => {
  const { node, hear } = start(ids[0], (address) => !address.includes(ids[2].toString()))
  expect(hear(ids[0])).toBe(TopicValidatorResult.Accept)
  expect(hear(ids[2])).toBe(TopicValidatorResult.Accept)
  expect(node.dialled).toEqual([])
})

test('two are dialled at a time; when one dial ends, the next begins', async () => {
  const { node, hear } = start(ids[0])
  for (const id of ids.slice(1, 5)) hear(id)
  expect(node.dialled).toHaveLength(2)
  node.connect(new FakeConnection(ids[1], addressOf(ids[1])))
  node.pending[0]!.resolve()
  await settle()
  expect(node.dialled).toHaveLength(3)
  node.pending[1]!.reject(new Error('no way'))
  await settle()
  expect(node.dialled).toHaveLength(4)
  expect(new Set(node.dialled).size).toBe(4)
})

test('a dial that failed is tried again later, and at once after a wake-up', async () => {
  const { node, links, hear } = start(ids[0])
  hear(ids[1])
  node.pending[0]!.reject(new Error('no way'))
  await settle()
  expect(node.dialled).toHaveLength(1)
  links.wake()
  expect(node.dialled).toHaveLength(2)
  node.pending[1]!.reject(new Error('no way'))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(node.dialled).toHaveLength(3)
})

test('a link through the relay alone is none: the dial counts as failed', async () => {
  const { node, links, hear } = start(ids[0])
  hear(ids[1])
  node.connect(new FakeConnection(ids[1], `${relayAt}/p2p-circuit`, { seconds: 60 }))
  node.pending[0]!.resolve()
  await settle()
  links.wake()
  expect(node.dialled).toHaveLength(2)
})

test('a direct connection ends the others to the same tab, and no others', () => {
  const { node } = start(ids[0])
  const relayed = new FakeConnection(ids[1], `${relayAt}/p2p-circuit`, { seconds: 60 })
  const older = new FakeConnection(ids[1], addressOf(ids[1]))
  const another = new FakeConnection(ids[2], `${relayAt}/p2p-circuit`, { seconds: 60 })
  node.connections.push(relayed, older, another)
  const direct = node.connect(new FakeConnection(ids[1], addressOf(ids[1])))
  expect([relayed, older].map(({ status }) => status)).toEqual(['aborted', 'aborted'])
  expect([direct, another].map(({ status }) => status)).toEqual(['open', 'open'])
  // Nor does one through the relay end a direct one, nor a link to a Node peer another.
  node.connect(new FakeConnection(ids[1], `${relayAt}/p2p-circuit`, { seconds: 60 }))
  node.connect(new FakeConnection(relay, relayAt))
  expect(direct.status).toBe('open')
  expect(node.getConnections(relay)).toHaveLength(2)
})

test('a tab that says that it leaves is let go at once, and not dialled again', async () => {
  const { node, hear } = start(ids[0])
  hear(ids[1])
  const link = node.connect(new FakeConnection(ids[1], addressOf(ids[1])))
  node.pending[0]!.resolve()
  await settle()
  expect(hear(ids[1], [])).toBe(TopicValidatorResult.Accept)
  expect(link.abortedWith).toBe('the tab has left')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(node.dialled).toHaveLength(1)
})

test('a tab that leaves says so, and once stopped it dials and tells nothing more', async () => {
  const { node, links, hear } = start(ids[0])
  const { published, topicValidators } = node.services.pubsub
  const leaving = links.leave()
  await vi.advanceTimersByTimeAsync(50)
  await leaving
  expect(published.at(-1)).toEqual([])
  hear(ids[1])
  links.stop()
  node.pending[0]!.reject(new Error('stopped'))
  const before = published.length
  await vi.advanceTimersByTimeAsync(120_000)
  expect(published).toHaveLength(before)
  expect(node.dialled).toHaveLength(1)
  expect(topicValidators.size).toBe(0)
})
