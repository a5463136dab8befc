// The libp2p network against real nodes over TCP on the loopback interface.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { RPC } from '@chainsafe/libp2p-gossipsub/message'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify, identifyPush, type Identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { ErrorCode } from '@tallymesh/core'
import { encode } from 'it-length-prefixed'
import { createLibp2p } from 'libp2p'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { afterEach, describe, expect, it } from 'vitest'
import { createLibp2pNetwork } from './network.ts'
import { NETWORK_LIMITS, type NetworkLimits } from '../network-limits.ts'
import type { Channel, Network, NetworkHandlers, Verdict } from '../network.ts'

type Node = Libp2p<{ identify: Identify; pubsub: GossipSub }>

const NAMESPACE = 'shop'
const PROTOCOL = `/tallymesh/1/sync/${NAMESPACE}`
const TOPIC = `/tallymesh/1/${NAMESPACE}`
/** yamux opens no stream with a smaller window. It grows on fast links unless it is told not to. */
const WINDOW_BYTES = 256 * 1024

const nodes: Node[] = []

interface NodeOptions {
  readonly privateKey?: PrivateKey
  /** Whether it tells its peers when its protocols change. */
  readonly push?: boolean
}

const createNode = async ({ push = false, ...options }: NodeOptions = {}): Promise<Node> => {
  const node = await createLibp2p({
    ...options,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: WINDOW_BYTES } })],
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
      ...(push ? { push: identifyPush({ debounce: 1 }) } : {}),
    },
  })
  nodes.push(node)
  return node
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

/** Things as they come: awaited one by one, and kept for a look at all of them. */
class Inbox<T> {
  readonly all: T[] = []
  #taken = 0
  #wake: () => void = () => undefined

  add(item: T): void {
    this.all.push(item)
    this.#wake()
  }

  async next(): Promise<T> {
    while (this.all.length === this.#taken) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    return this.all[this.#taken++] as T
  }
}

class Recorder implements NetworkHandlers {
  readonly reach = new Inbox<string>()
  readonly channels = new Inbox<Channel>()
  readonly gossiped = new Inbox<{ author: string; text: string }>()
  verdict: (text: string) => Verdict = () => 'accept'

  gossip(author: string, message: Uint8Array): Verdict {
    const text = toString(message)
    this.gossiped.add({ author, text })
    return this.verdict(text)
  }
  connect(peer: string): void {
    this.reach.add(`+${peer}`)
  }
  disconnect(peer: string): void {
    this.reach.add(`-${peer}`)
  }
  channel(channel: Channel): void {
    this.channels.add(channel)
  }
}

interface Peer {
  readonly node: Node
  readonly network: Network
  readonly events: Recorder
  readonly id: string
}

interface PeerOptions {
  readonly node?: Node
  readonly namespace?: string
  readonly limits?: Partial<NetworkLimits>
}

const startPeer = async (options: PeerOptions = {}): Promise<Peer> => {
  const node = options.node ?? (await createNode())
  const { namespace = NAMESPACE, limits = {} } = options
  const network = createLibp2pNetwork({ libp2p: node, namespace, limits })
  const events = new Recorder()
  await network.start(events)
  return { node, network, events, id: network.self }
}

const identified = async (node: Node): Promise<void> => {
  await new Promise((resolve) => node.addEventListener('peer:identify', resolve, { once: true }))
}

const connect = async (from: Peer, to: Peer): Promise<void> => {
  await from.node.dial(to.node.getMultiaddrs())
  expect(await from.events.reach.next()).toBe(`+${to.id}`)
  expect(await to.events.reach.next()).toBe(`+${from.id}`)
}

const startPair = async (limits: Partial<NetworkLimits> = {}): Promise<[Peer, Peer]> => {
  const pair = await Promise.all([startPeer({ limits }), startPeer({ limits })])
  await connect(...pair)
  return pair
}

const never = (): AbortSignal => new AbortController().signal

const openPair = async (from: Peer, to: Peer): Promise<[Channel, Channel]> => {
  const near = await from.network.open(to.id, 'sync', never())
  return [near, await to.events.channels.next()]
}

/** A stream to `to` whose bytes the test writes itself. */
const openRaw = async (from: Peer, to: Peer): Promise<[Stream, Channel]> => {
  const [connection] = from.node.getConnections(to.node.peerId)
  const stream = await connection!.newStream(PROTOCOL)
  return [stream, await to.events.channels.next()]
}

/** What waits for it takes so long; to open a stream, and to say a word, takes less on any machine. */
const SHORT_IDLE_MS = 1000

async function* texts(...items: string[]): AsyncGenerator<Uint8Array> {
  for (const item of items) yield fromString(item)
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(64 * 1024)
}

/** A source that gives one message and then nothing, for ever. */
async function* stuck(): AsyncGenerator<Uint8Array> {
  yield fromString('first')
  await new Promise(() => undefined)
}

const readTexts = async (channel: Channel): Promise<string[]> => {
  const messages: string[] = []
  for await (const message of channel.source) messages.push(toString(message))
  return messages
}

/** A length prefix, with nothing behind it. */
const encodeLength = (length: number): Uint8Array => {
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 7)
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
  return Uint8Array.from(bytes)
}

const code = (expected: ErrorCode): object => expect.objectContaining({ code: expected })

/** Until every named peer is in the node's mesh of the topic. The listener must precede the dial. */
const meshed = async (node: Node, count: number, topic = TOPIC): Promise<void> => {
  const peers = new Set<string>()
  const { promise, resolve } = Promise.withResolvers<void>()
  node.services.pubsub.addEventListener('gossipsub:graft', ({ detail }) => {
    if (detail.topic === topic) peers.add(detail.peerId)
    if (peers.size === count) resolve()
  })
  await promise
}

const closed = async (stream: Stream): Promise<void> => {
  if (stream.status !== 'open') return
  await new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }))
}

describe('peers in reach', () => {
  it('tells both sides of a connection, with its address', async () => {
    const [a, b] = await startPair()
    expect(a.network.peers()).toEqual([
      {
        peer: b.id,
        addresses: [expect.stringContaining('/ip4/127.0.0.1/tcp/')],
        roundTripMs: null,
      },
    ])
    a.node.getConnections()[0]!.rtt = 7
    expect(a.network.peers()[0]!.roundTripMs).toBe(7)
  })

  it('counts a peer once over several connections, and out when the last one is gone', async () => {
    const [a, b] = await startPair()
    const first = a.node.getConnections()[0]!
    const known = identified(b.node)
    const second = await a.node.dial(b.node.getMultiaddrs(), { force: true })
    await known
    expect(a.node.getConnections(b.node.peerId)).toHaveLength(2)
    await first.close()
    expect(a.network.peers()).toHaveLength(1)
    await second.close()
    expect(await a.events.reach.next()).toBe(`-${b.id}`)
    expect(await b.events.reach.next()).toBe(`-${a.id}`)
    expect(a.events.reach.all).toEqual([`+${b.id}`, `-${b.id}`])
    expect(a.network.peers()).toEqual([])
  })

  it('meets those who were connected before it started', async () => {
    const a = await startPeer()
    const node = await createNode()
    const known = Promise.all([identified(a.node), identified(node)])
    await node.dial(a.node.getMultiaddrs())
    await known
    const b = await startPeer({ node })
    expect(await b.events.reach.next()).toBe(`+${a.id}`)
    expect(a.network.peers()).toEqual([])
    await openPair(b, a)
    expect(await a.events.reach.next()).toBe(`+${b.id}`)
  })

  it('learns from a refused stream that a peer has stopped', async () => {
    const [a, b] = await startPair()
    await b.network.stop()
    await expect(a.network.open(b.id, 'sync', never())).rejects.toEqual(code('ERR_PROTOCOL'))
    expect(await a.events.reach.next()).toBe(`-${b.id}`)
  })
})

describe('channels', () => {
  it('carry messages both ways at once', async () => {
    const [near, far] = await openPair(...(await startPair()))
    const sent = Promise.all([near.sink(texts('a', 'b')), far.sink(texts('c'))])
    expect(await readTexts(far)).toEqual(['a', 'b'])
    expect(await readTexts(near)).toEqual(['c'])
    await sent
  })

  it('end one side and go on with the other', async () => {
    const [a, b] = await startPair()
    const [near, far] = await openPair(a, b)
    expect([near.peer, far.peer]).toEqual([b.id, a.id])
    await near.sink(texts('question'))
    const question = await readTexts(far)
    await far.sink(texts(`${question[0]}?`, 'answer'))
    expect(await readTexts(near)).toEqual(['question?', 'answer'])
  })

  it('let a reader stop early and still answer', async () => {
    const [near, far] = await openPair(...(await startPair()))
    const sent = near.sink(texts('one', 'two'))
    for await (const message of far.source) {
      expect(toString(message)).toBe('one')
      break
    }
    await far.sink(texts('enough'))
    expect(await readTexts(near)).toEqual(['enough'])
    await sent
  })

  it('hold a fast writer to the pace of a slow reader', async () => {
    const [near, far] = await openPair(...(await startPair()))
    const size = 64 * 1024
    const count = 80
    let sent = 0
    async function* megabytes(): AsyncGenerator<Uint8Array> {
      for (; sent < count; sent++) yield new Uint8Array(size).fill(sent)
    }
    const done = near.sink(megabytes())
    let read = 0
    let ahead = 0
    for await (const message of far.source) {
      expect([message.byteLength, message[0]]).toEqual([size, read++])
      // Long enough for a writer without limits to send all of it.
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      ahead = Math.max(ahead, sent - read)
    }
    await done
    expect(read).toBe(count)
    // A window in flight, one held by the reader, the write buffer and the message being written.
    expect(ahead * size).toBeLessThanOrEqual(
      2 * WINDOW_BYTES + 2 * NETWORK_LIMITS.writeBufferBytes + size,
    )
  })

  it('take messages of the largest size and refuse to send larger ones', async () => {
    const [a, b] = await startPair({ messageBytes: 300_000 })
    const [near, far] = await openPair(a, b)
    async function* large(bytes: number): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(bytes)
    }
    const sent = near.sink(large(300_000))
    for await (const message of far.source) expect(message.byteLength).toBe(300_000)
    await sent
    const [next] = await openPair(a, b)
    await expect(next.sink(large(300_001))).rejects.toThrow('assertion failed')
    const [last] = await openPair(a, b)
    await expect(last.sink(large(0))).rejects.toThrow('assertion failed')
  })

  it.each([
    ['too large', encodeLength(NETWORK_LIMITS.messageBytes + 1)],
    ['never ending', new Uint8Array(32).fill(0xff)],
  ])('drop a stream whose length prefix is %s, and the node lives', async (_, prefix) => {
    const [a, b] = await startPair()
    const [stream, far] = await openRaw(a, b)
    stream.send(prefix)
    await expect(readTexts(far)).rejects.toEqual(code('ERR_MALFORMED'))
    await closed(stream)
    expect(stream.status).toBe('reset')
    const [near, again] = await openPair(a, b)
    await near.sink(texts('still here'))
    expect(await readTexts(again)).toEqual(['still here'])
  })

  it('show an abort to both sides', async () => {
    const [near, far] = await openPair(...(await startPair()))
    const both = Promise.allSettled([readTexts(far), far.sink(stuck())])
    const reason = new Error('had enough')
    near.abort(reason)
    await expect(readTexts(near)).rejects.toBe(reason)
    await expect(near.sink(texts('late'))).rejects.toBe(reason)
    const broken = { status: 'rejected', reason: code('ERR_PROTOCOL') }
    expect(await both).toEqual([broken, broken])
  })

  it('do not take a side that was cut for one that ended', async () => {
    const [a, b] = await startPair()
    const [stream, far] = await openRaw(a, b)
    stream.send(encode.single(fromString('half')))
    await stream.close()
    const messages = far.source[Symbol.asyncIterator]()
    expect(toString((await messages.next()).value as Uint8Array)).toBe('half')
    await expect(messages.next()).rejects.toEqual(code('ERR_PROTOCOL'))
  })

  it('break with the connection', async () => {
    const [a, b] = await startPair()
    const [near, far] = await openPair(a, b)
    // Watched from the start: it breaks before the reader is done.
    const writing = Promise.allSettled([near.sink(stuck())])
    const messages = far.source[Symbol.asyncIterator]()
    await messages.next()
    await a.node.getConnections()[0]!.close()
    await expect(messages.next()).rejects.toEqual(code('ERR_PROTOCOL'))
    expect(await writing).toEqual([{ status: 'rejected', reason: code('ERR_PROTOCOL') }])
  })

  it('pass on the error of a source, and drop the stream', async () => {
    const [near, far] = await openPair(...(await startPair()))
    const reason = new TypeError('a bug')
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield fromString('first')
      throw reason
    }
    await expect(near.sink(broken())).rejects.toBe(reason)
    await expect(readTexts(far)).rejects.toEqual(code('ERR_PROTOCOL'))
  })

  it('give up on a peer that sends nothing', async () => {
    const [near, far] = await openPair(...(await startPair({ idleMs: SHORT_IDLE_MS })))
    await expect(readTexts(near)).rejects.toEqual(code('ERR_TIMEOUT'))
    await expect(far.sink(endless())).rejects.toEqual(code('ERR_PROTOCOL'))
  })

  it('give up on a peer that reads nothing', async () => {
    const [near] = await openPair(...(await startPair({ idleMs: SHORT_IDLE_MS })))
    await expect(near.sink(endless())).rejects.toEqual(code('ERR_TIMEOUT'))
  })

  it('give up on a peer that never ends its side', async () => {
    const [a, b] = await startPair({ idleMs: SHORT_IDLE_MS })
    const [stream, far] = await openRaw(a, b)
    stream.send(Uint8Array.from([1, 7, 0]))
    for await (const message of far.source) expect(message).toEqual(Uint8Array.from([7]))
    await far.sink(texts())
    await closed(stream)
    expect(stream.status).toBe('reset')
  })

  it('open only to peers in reach, within the signal', async () => {
    const [a, b] = await startPair()
    const c = await startPeer()
    await expect(a.network.open(c.id, 'sync', never())).rejects.toEqual(code('ERR_PROTOCOL'))
    const reason = new Error('no longer wanted')
    await expect(a.network.open(b.id, 'sync', AbortSignal.abort(reason))).rejects.toBe(reason)
    const late = new AbortController()
    const opening = a.network.open(b.id, 'sync', late.signal)
    late.abort(reason)
    await expect(opening).rejects.toBe(reason)
  })

  it('are limited in number, each way', async () => {
    const [a, b] = await startPair({ outboundStreams: 2 })
    await openPair(a, b)
    await openPair(a, b)
    await expect(a.network.open(b.id, 'sync', never())).rejects.toEqual(code('ERR_PROTOCOL'))
  })
})

interface Forgery {
  readonly author: PrivateKey
  readonly signer?: PrivateKey
  readonly text: string
}

let sequence = 0n

const envelope = async ({ author, signer, text }: Forgery): Promise<RPC.Message> => {
  const seqno = new Uint8Array(8)
  new DataView(seqno.buffer).setBigUint64(0, ++sequence)
  const from = author.publicKey.toMultihash().bytes
  const message = { from, data: fromString(text), seqno, topic: TOPIC }
  if (signer === undefined) return message
  const signed = concat([fromString('libp2p-pubsub:'), RPC.Message.encode(message)])
  return { ...message, signature: await signer.sign(signed) }
}

const sendRpc = async (from: Node, to: Node, messages: RPC.Message[]): Promise<void> => {
  const stream = await from.getConnections(to.peerId)[0]!.newStream('/meshsub/1.1.0')
  stream.send(encode.single(RPC.encode({ subscriptions: [], messages })))
}

describe('gossip', () => {
  it('comes with its author, and not back to it', async () => {
    const [a, b] = await Promise.all([startPeer(), startPeer()])
    const ready = Promise.all([meshed(a.node, 1), meshed(b.node, 1)])
    await connect(a, b)
    await ready
    a.network.publish(fromString('from a'))
    expect(await b.events.gossiped.next()).toEqual({ author: a.id, text: 'from a' })
    b.network.publish(fromString('from b'))
    expect(await a.events.gossiped.next()).toEqual({ author: b.id, text: 'from b' })
    expect(a.events.gossiped.all).toHaveLength(1)
  })

  it('is passed on only when accepted', async () => {
    const [a, b, c] = await Promise.all([startPeer(), startPeer(), startPeer()])
    b.events.verdict = (text) =>
      text === 'wrong' ? 'reject' : text === 'old' ? 'ignore' : 'accept'
    const ready = Promise.all([meshed(a.node, 1), meshed(b.node, 2), meshed(c.node, 1)])
    await connect(a, b)
    await connect(c, b)
    await ready
    for (const text of ['wrong', 'old', 'fine']) {
      a.network.publish(fromString(text))
      expect((await b.events.gossiped.next()).text).toBe(text)
    }
    expect(await c.events.gossiped.next()).toEqual({ author: a.id, text: 'fine' })
    expect(c.events.gossiped.all).toHaveLength(1)
  })

  it('is refused when forged or unsigned', async () => {
    const [key, victim] = await Promise.all([
      generateKeyPair('Ed25519'),
      generateKeyPair('Ed25519'),
    ])
    const [a, b] = await Promise.all([
      createNode({ privateKey: key }).then((node) => startPeer({ node })),
      startPeer(),
    ])
    await connect(a, b)
    const messages = await Promise.all([
      envelope({ author: victim, signer: key, text: 'forged' }),
      envelope({ author: key, text: 'unsigned' }),
      envelope({ author: key, signer: key, text: 'proper' }),
    ])
    await sendRpc(a.node, b.node, messages)
    expect(await b.events.gossiped.next()).toEqual({ author: a.id, text: 'proper' })
    await sendRpc(a.node, b.node, [await envelope({ author: key, signer: key, text: 'last' })])
    expect(await b.events.gossiped.next()).toEqual({ author: a.id, text: 'last' })
    expect(b.events.gossiped.all).toHaveLength(2)
  })

  it('is refused when larger than the limit, by sender and receiver', async () => {
    const [a, b] = await Promise.all([startPeer(), startPeer({ limits: { gossipBytes: 100 } })])
    const ready = Promise.all([meshed(a.node, 1), meshed(b.node, 1)])
    await connect(a, b)
    await ready
    expect(() => a.network.publish(new Uint8Array(NETWORK_LIMITS.gossipBytes + 1))).toThrow(
      'assertion',
    )
    a.network.publish(new Uint8Array(101))
    a.network.publish(fromString('fits'))
    expect((await b.events.gossiped.next()).text).toBe('fits')
  })

  it('may be published to nobody', async () => {
    const a = await startPeer()
    a.network.publish(fromString('anyone?'))
    await a.network.stop()
    a.network.publish(fromString('too late'))
  })
})

describe('a network on an app’s node', () => {
  it('leaves the node as it was, and can start again', async () => {
    const a = await startPeer({ node: await createNode({ push: true }) })
    const b = await startPeer({ node: await createNode({ push: true }) })
    await connect(a, b)
    const [near, far] = await openPair(a, b)
    const topics = a.node.services.pubsub.getTopics()
    await a.network.stop()
    await expect(readTexts(near)).rejects.toEqual(code('ERR_STOPPED'))
    await expect(readTexts(far)).rejects.toEqual(code('ERR_PROTOCOL'))
    await expect(a.network.open(b.id, 'sync', never())).rejects.toEqual(code('ERR_STOPPED'))
    expect(await b.events.reach.next()).toBe(`-${a.id}`)
    expect([topics, a.node.services.pubsub.getTopics()]).toEqual([[TOPIC], []])
    expect(a.node.services.pubsub.topicValidators.size).toBe(0)
    expect(a.node.getProtocols()).not.toContain(PROTOCOL)
    expect(a.node.getConnections()).toHaveLength(1)
    await b.node.handle('/app/1', (stream) => stream.close())
    const stream = await a.node.dialProtocol(b.node.peerId, '/app/1')
    expect(stream.protocol).toBe('/app/1')
    await a.network.start(a.events)
    expect(await b.events.reach.next()).toBe(`+${a.id}`)
    await openPair(b, a)
  })

  it('stops after its node', async () => {
    const a = await startPeer()
    await a.node.stop()
    await a.network.stop()
    await a.network.stop()
  })

  it('keeps namespaces apart', async () => {
    const [a, b] = await Promise.all([startPeer(), startPeer()])
    const [a2, b2] = await Promise.all([
      startPeer({ node: a.node, namespace: 'bar' }),
      startPeer({ node: b.node, namespace: 'bar' }),
    ])
    const ready = Promise.all([TOPIC, '/tallymesh/1/bar'].map((topic) => meshed(a.node, 1, topic)))
    await connect(a, b)
    expect(await a2.events.reach.next()).toBe(`+${b.id}`)
    await ready
    a.network.publish(fromString('shop'))
    a2.network.publish(fromString('bar'))
    expect((await b.events.gossiped.next()).text).toBe('shop')
    expect((await b2.events.gossiped.next()).text).toBe('bar')
    const [near, far] = await openPair(a2, b2)
    await near.sink(texts('to bar'))
    expect(await readTexts(far)).toEqual(['to bar'])
    expect([b.events.gossiped.all.length, b2.events.gossiped.all.length]).toEqual([1, 1])
    expect([b.events.channels.all.length, b2.events.channels.all.length]).toEqual([0, 1])
    await a2.network.stop()
    await openPair(a, b)
  })

  it('does not meet peers of another namespace', async () => {
    const [a, b] = await Promise.all([startPeer(), startPeer({ namespace: 'bar' })])
    const known = Promise.all([identified(a.node), identified(b.node)])
    await a.node.dial(b.node.getMultiaddrs())
    await known
    await expect(a.network.open(b.id, 'sync', never())).rejects.toEqual(code('ERR_PROTOCOL'))
    expect([a.events.reach.all, b.events.reach.all]).toEqual([[], []])
  })

  it.each(['', 'a b', 'a/b', 'ä', 'x'.repeat(65)])(
    'refuses the namespace %j',
    async (namespace) => {
      const libp2p = await createNode()
      expect(() => createLibp2pNetwork({ libp2p, namespace })).toThrow(code('ERR_INVALID_ARGUMENT'))
    },
  )

  it('refuses a second network of one namespace, a node at rest, and unsigned gossip', async () => {
    const a = await startPeer()
    await expect(startPeer({ node: a.node })).rejects.toEqual(code('ERR_INVALID_ARGUMENT'))
    expect(a.node.getProtocols()).toContain(PROTOCOL)
    await a.node.stop()
    await expect(startPeer({ node: a.node, namespace: 'bar' })).rejects.toEqual(
      code('ERR_INVALID_ARGUMENT'),
    )
    const libp2p = await createNode()
    libp2p.services.pubsub.globalSignaturePolicy = 'StrictNoSign'
    expect(() => createLibp2pNetwork({ libp2p, namespace: NAMESPACE })).toThrow(
      code('ERR_INVALID_ARGUMENT'),
    )
  })
})
