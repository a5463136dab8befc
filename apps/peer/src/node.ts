// The libp2p node of a peer.
import { gossipsub, type GossipSub, type GossipSubComponents } from '@chainsafe/libp2p-gossipsub'
import { defaultTopicScoreParams, type TopicScoreParams } from '@chainsafe/libp2p-gossipsub/score'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify, type Identify, identifyPush, type IdentifyPush } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { ping, type Ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import type { PeerLimits } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'
import { createGater, type Refusal } from './gater.ts'
import { pacedRegistrar } from './gossip-pace.ts'
import { createRelay, type CircuitRelayService } from './tabs.ts'
import type { Registry } from 'prom-client'
import { VERSION } from './version.ts'

// A type, not an interface: libp2p asks for an index signature.
export type NodeServices = {
  readonly pubsub: GossipSub
  readonly identify: Identify
  readonly identifyPush: IdentifyPush
  readonly ping: Ping
  readonly relay: CircuitRelayService
}

export type PeerNode = Libp2p<NodeServices>

export interface NodeOptions {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  /** Addresses at which others reach this peer besides, through a proxy. */
  readonly announce?: readonly string[] | undefined
  /** Whose gossip is judged. */
  readonly namespace: string
  /** A pre-shared key, as its file has it: of all transports, since it wraps every connection. */
  readonly psk?: Uint8Array | undefined
  /** Peer ids that may connect; all if left out. */
  readonly allow?: readonly string[] | undefined
  /** What each peer may take: who took too much is not let in for a time. */
  readonly limits: PeerLimits
  /** Told of each that was turned away. */
  readonly refused?: (peer: string, why: Refusal) => void
  /** Takes libp2p's own metrics; without it, there are none. */
  readonly registry?: Registry
}

/** Under load a pong comes late; a connection cut for that loses gossip, and nobody redials it. */
const MONITOR = {
  pingInterval: 10_000,
  pingTimeout: { minTimeout: 20_000, maxTimeout: 60_000 },
}

/** Pings may overlap, at that timeout, and libp2p takes one stream too many for a dead peer. */
const PING_STREAMS = 16

/** Time enough for a service to say all that it adds, and for nobody to wait for. */
const PUSH_DEBOUNCE_MS = 50

const LIMITS = {
  // 5 a second for a host by default: tabs and peers of one office or machine share an address.
  inboundConnectionThreshold: 1000,
  maxIncomingPendingConnections: 100,
}

const MUXER = {
  // 1,000 by default: each may hold 256 KiB before anybody has looked at it.
  maxInboundStreams: 256,
  // Endless by default. Gossip does not wait for who reads slowly, and would fill the memory.
  streamOptions: { maxWriteBufferLength: 16 * 1024 * 1024 },
}

const createGossip =
  (limits: PeerLimits, namespace: string) =>
  (components: GossipSubComponents): GossipSub => {
    // One by one: libp2p hands out a proxy, which has no properties of its own to spread.
    const { privateKey, peerId, peerStore, connectionManager, logger } = components
    const registrar = pacedRegistrar(components.registrar, limits)
    return gossip(namespace)({
      privateKey,
      peerId,
      peerStore,
      connectionManager,
      logger,
      registrar,
    })
  }

/**
 * Nine messages with wrong signatures, or telling of what is another's, and no more is heard of a peer
 * for half a minute: the check of each costs half a millisecond. The rest of the score is not used.
 */
const WRONG_ONLY: TopicScoreParams = {
  ...defaultTopicScoreParams,
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.98,
}

const gossip = (namespace: string): ReturnType<typeof gossipsub> =>
  gossipsub({
    // Said out loud, since peers of different policies exchange nothing and get no error.
    globalSignaturePolicy: 'StrictSign',
    allowPublishToZeroTopicPeers: true,
    scoreParams: {
      topics: { [`/tallymesh/1/${namespace}`]: WRONG_ONLY },
      // More than 10 peers at one address would be shunned: tabs behind one router are.
      IPColocationFactorWeight: 0,
    },
  })

const create = async (options: NodeOptions): Promise<PeerNode> => {
  const {
    privateKey,
    listen,
    announce = [],
    namespace,
    psk,
    allow,
    limits,
    registry,
    refused = () => {},
  } = options
  const node: PeerNode = await createLibp2p<NodeServices>({
    privateKey,
    connectionGater: createGater({
      allow,
      isRefused: (peer) => limits.turnsAway(peer),
      connectionsOf: (peer) => node.getConnections(peer).length,
      refused,
    }),
    ...(psk && { connectionProtector: preSharedKey({ psk }) }),
    ...(registry && { metrics: prometheusMetrics({ registry, collectDefaultMetrics: false }) }),
    nodeInfo: { name: 'tallymesh', version: VERSION },
    addresses: { listen: [...listen], appendAnnounce: [...announce] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER)],
    connectionManager: LIMITS,
    connectionMonitor: MONITOR,
    services: {
      identify: identify(),
      // Two peers that connect before either has loaded its store learn only so that they may talk.
      identifyPush: identifyPush({ debounce: PUSH_DEBOUNCE_MS }),
      ping: ping({ maxInboundStreams: PING_STREAMS, maxOutboundStreams: PING_STREAMS }),
      pubsub: createGossip(limits, namespace),
      relay: createRelay(),
    },
  })
  return node
}

/** A started node, listening on all of the addresses. */
export const startNode = async (options: NodeOptions): Promise<PeerNode> => {
  let node: PeerNode
  try {
    node = await create(options)
  } catch (error) {
    throw listenError(options.listen, error)
  }
  if (!missesIp6(node, options.listen)) return node
  await node.stop()
  throw new Error(
    `can not listen on ${options.listen.filter(isIp6).join(' ')}: taken by another program, or this machine has no IPv6`,
  )
}

const isIp6 = (address: string): boolean => address.startsWith('/ip6/')

/** libp2p takes it for a machine without IPv6, and says nothing, when only those addresses fail. */
const missesIp6 = (node: PeerNode, listen: readonly string[]): boolean =>
  node.getMultiaddrs().map(String).filter(isIp6).length < new Set(listen.filter(isIp6)).size

/** libp2p lists each address and its reason in a long text: pick out what an operator can act on. */
const listenError = (listen: readonly string[], error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const lines = error.message.split('\n')
  const reasons = listen.flatMap((address) => {
    const line = lines.find((text) => text.trim().startsWith(`${address}: `))
    return line === undefined ? [] : [describe(address, line)]
  })
  if (reasons.length === 0) return error
  return new Error(`can not listen: ${reasons.join('; ')}`, { cause: error })
}

const describe = (address: string, line: string): string =>
  line.includes('EADDRINUSE')
    ? `${address} is taken by another program`
    : line.trim().replace(/\s+/g, ' ')
