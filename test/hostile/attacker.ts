// A libp2p peer that does not mean well: it speaks the protocol just as far as an attack needs it to.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify, type Identify } from '@libp2p/identify'
import type { Connection, Libp2p, PrivateKey, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { ByteWriter, noKeys, writeDelta, type KeyedDelta, type KeyedUnit } from '@tallymesh/core'
import { createLibp2p } from 'libp2p'
import { createChannel } from '../../packages/sync/src/channel.ts'
import { encodeMessage, type Message } from '../../packages/sync/src/messages.ts'
import type { Channel } from '../../packages/sync/src/network.ts'
import { NETWORK_LIMITS } from '../../packages/sync/src/network-limits.ts'

export const SYNC = '/tallymesh/1/sync/default'
export const MEMBER = '/tallymesh/1/member/default'
export const TOPIC = '/tallymesh/1/default'

export class Attacker implements AsyncDisposable {
  readonly node: Libp2p<{ pubsub: GossipSub; identify: Identify }>
  readonly key: PrivateKey
  readonly connection: Connection

  private constructor(node: Attacker['node'], key: PrivateKey, connection: Connection) {
    this.node = node
    this.key = key
    this.connection = connection
  }

  /**
   * Under an id of its own, made just now, and connected.
   *
   * @param answer what it says to a peer that opens an exchange with it; it offers none if left out
   */
  static async start(address: string, answer?: (channel: Channel) => void): Promise<Attacker> {
    const key = await generateKeyPair('Ed25519')
    const node = await createLibp2p({
      privateKey: key,
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux({ maxOutboundStreams: 20_000 })],
      services: {
        identify: identify(),
        pubsub: gossipsub({
          globalSignaturePolicy: 'StrictSign',
          allowPublishToZeroTopicPeers: true,
          emitSelf: false,
        }),
      },
    })
    if (answer !== undefined)
      await node.handle(SYNC, (stream, { remotePeer }) =>
        answer(channelOn(remotePeer.toString(), stream)),
      )
    node.services.pubsub.subscribe(TOPIC)
    try {
      const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(5000) })
      return new Attacker(node, key, connection)
    } catch (error) {
      await node.stop()
      throw error
    }
  }

  get self(): string {
    return this.node.peerId.toString()
  }

  get isConnected(): boolean {
    return this.connection.status === 'open'
  }

  stream(protocol: string): Promise<Stream> {
    return this.connection.newStream(protocol, {
      signal: AbortSignal.timeout(5000),
      maxOutboundStreams: 20_000,
    })
  }

  async open(protocol: string): Promise<Channel> {
    return channelOn(this.connection.remotePeer.toString(), await this.stream(protocol))
  }

  /** Signed as its own, whatever it says. */
  async publish(delta: Uint8Array): Promise<void> {
    await this.node.services.pubsub.publish(TOPIC, delta).catch(() => undefined)
  }

  /** Resolves when the other side knows that it listens to the topic. */
  async untilHeard(): Promise<void> {
    const end = performance.now() + 2000
    while (performance.now() < end && this.node.services.pubsub.getSubscribers(TOPIC).length === 0)
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.stop()
  }
}

/** With no limits of its own but those of patience. */
const channelOn = (peer: string, stream: Stream): Channel =>
  createChannel(peer, stream, { ...NETWORK_LIMITS, messageBytes: 64 * 1024 * 1024, idleMs: 3000 })

/** A gossip message: of its author, or of an epoch of it. */
export const gossipOf = (delta: KeyedDelta, suffix?: string): Uint8Array => {
  const writer = new ByteWriter()
  writeDelta(writer, suffix, delta, noKeys())
  return writer.finish()
}

export const unit = (key: string, seq: number, total = 1): KeyedUnit => ({
  key,
  first: seq,
  seq,
  ops: 1,
  total,
  requests: [],
})

/** Sends messages without waiting for anything, and drops what comes. True where they were taken. */
export const say = async (
  channel: Channel,
  messages: Iterable<Message | Uint8Array> | AsyncIterable<Message | Uint8Array>,
): Promise<boolean> => {
  const hearing = (async () => {
    for await (const _ of channel.source);
  })().catch(() => undefined)
  try {
    await channel.sink(bytesOf(messages))
    await hearing
    return true
  } catch {
    return false
  }
}

async function* bytesOf(
  messages: Iterable<Message | Uint8Array> | AsyncIterable<Message | Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const message of messages)
    yield message instanceof Uint8Array ? message : encodeMessage(message)
}

/** The first message of one who asks: of a state that is like no other. */
export const digest = (): Message => ({
  type: 'digest',
  digest: {
    root: { low: Math.floor(Math.random() * 2 ** 32), high: 1 },
    version: { low: Math.floor(Math.random() * 2 ** 32), high: 2 },
  },
})

/** What it holds, as it says. */
export const version = (...held: readonly (readonly [string, number])[]): Message => ({
  type: 'version',
  wallMs: 0,
  version: new Map(held),
  closed: [],
})
