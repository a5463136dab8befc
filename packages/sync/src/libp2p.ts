// The one file that speaks libp2p: gossip, streams and the peers in reach, as a Network.
import {
  StrictSign,
  TopicValidatorResult,
  type GossipSub,
  type Message,
} from '@chainsafe/libp2p-gossipsub'
import {
  serviceCapabilities,
  serviceDependencies,
  type ComponentLogger,
  type Connection,
  type Libp2p,
  type Logger,
  type PeerId,
  type PeerStore,
  type Stream,
  type StreamHandler,
  type StreamHandlerOptions,
  type Topology,
} from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { TallymeshError } from '@tallymesh/core'
import { createChannel } from './channel.ts'
import { NETWORK_LIMITS, type NetworkLimits } from './network-limits.ts'
import { paced } from './paced.ts'
import type { CutOff, PeerLimits } from './peer-limits.ts'
import { passedLimits } from './intake.ts'
import type { Channel, Network, NetworkHandlers, PeerLink, Protocol, Verdict } from './network.ts'
import { assert, plain, protocolError, timeoutError } from './wire.ts'

/** As much of a node as the network uses. */
export interface Libp2pNode extends Pick<
  Libp2p,
  | 'getConnections'
  | 'getProtocols'
  | 'handle'
  | 'logger'
  | 'peerId'
  | 'peerStore'
  | 'register'
  | 'status'
  | 'unhandle'
  | 'unregister'
> {
  readonly services: { readonly pubsub: GossipSub }
}

export interface Libp2pNetworkOptions {
  /** The app's own node, with gossipsub as `services.pubsub`, and identify. It stays the app's. */
  readonly libp2p: Libp2pNode
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`. Only peers with the same namespace meet. */
  readonly namespace: string
  readonly limits?: Partial<NetworkLimits>
  /** What each peer may take in a time; as much as it likes if left out. */
  readonly peerLimits?: PeerLimits
}

/** What libp2p hands to its services, as far as the network uses it. */
export interface Libp2pComponents {
  readonly peerId: PeerId
  readonly peerStore: PeerStore
  readonly logger: ComponentLogger
  readonly pubsub: GossipSub
  readonly connectionManager: { getConnections(peer?: PeerId): Connection[] }
  readonly registrar: {
    getProtocols(): string[]
    handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
    unhandle(protocol: string): Promise<void>
    register(protocol: string, topology: Topology): Promise<string>
    unregister(id: string): void
  }
}

/** Tells a node the service's name, and which others it can not be without. */
export const asLibp2pService = <T extends object>(service: T): T =>
  Object.defineProperties(service, {
    [Symbol.toStringTag]: { value: '@tallymesh/sync' },
    [serviceCapabilities]: { value: ['@tallymesh/sync'] },
    [serviceDependencies]: { value: ['@libp2p/identify', '@libp2p/pubsub'] },
  })

/** The node that a service is part of, while that runs. */
export const nodeOf = (components: Libp2pComponents): Libp2pNode => {
  const { peerId, peerStore, logger, pubsub, registrar, connectionManager } = components
  const eachOf = async (
    protocols: string | string[],
    change: (protocol: string) => Promise<void>,
  ): Promise<void> => {
    for (const protocol of [protocols].flat()) await change(protocol)
  }
  return {
    peerId,
    peerStore,
    logger,
    status: 'started',
    services: { pubsub },
    getConnections: (peer) => connectionManager.getConnections(peer),
    getProtocols: () => registrar.getProtocols(),
    handle: (protocols, handler, options) =>
      eachOf(protocols, (protocol) => registrar.handle(protocol, handler, options)),
    unhandle: (protocols) => eachOf(protocols, (protocol) => registrar.unhandle(protocol)),
    register: (protocol, topology) => registrar.register(protocol, topology),
    unregister: (id) => registrar.unregister(id),
  }
}

/**
 * The network of one namespace, on an app's own libp2p node.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT` for a namespace that is not allowed, or a node
 *   without signed gossip.
 */
export const createLibp2pNetwork = (options: Libp2pNetworkOptions): Network => {
  checkNamespace(options.namespace)
  checkPubsub(options.libp2p)
  return new Libp2pNetwork(options)
}

const checkNamespace = (namespace: string): void => {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(namespace)) return
  throw invalid(
    `a namespace is 1 to 64 of A-Z a-z 0-9 . _ - ; got ${JSON.stringify(namespace).slice(0, 80)}`,
  )
}

const checkPubsub = (libp2p: Libp2pNode): void => {
  // A policy that differs between peers delivers nothing and says nothing: refuse it here.
  const { pubsub }: { readonly pubsub?: GossipSub } = libp2p.services
  if (pubsub?.globalSignaturePolicy === StrictSign) return
  throw invalid(
    'the libp2p node needs gossipsub as services.pubsub, with globalSignaturePolicy StrictSign',
  )
}

/** Streams that are looked at before they are refused: libp2p refuses what is more, and tells nobody. */
const SEEN_STREAMS = 1024

const VERDICTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

class Libp2pNetwork implements Network {
  readonly self: string
  readonly #libp2p: Libp2pNode
  readonly #limits: NetworkLimits
  readonly #peerLimits: PeerLimits | undefined
  readonly #protocols: Readonly<Record<Protocol, string>>
  readonly #topic: string
  readonly #log: Logger
  readonly #peers = new Map<string, PeerId>()
  readonly #channels = new Set<Channel>()
  #topology: string | undefined
  /** Set while the network runs. */
  #handlers: NetworkHandlers | undefined

  constructor({ libp2p, namespace, limits, peerLimits }: Libp2pNetworkOptions) {
    this.self = libp2p.peerId.toString()
    this.#libp2p = libp2p
    this.#limits = { ...NETWORK_LIMITS, ...limits }
    this.#peerLimits = peerLimits
    this.#protocols = {
      sync: `/tallymesh/1/sync/${namespace}`,
      member: `/tallymesh/1/member/${namespace}`,
    }
    this.#topic = `/tallymesh/1/${namespace}`
    this.#log = libp2p.logger.forComponent('tallymesh:network')
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    this.#checkNode()
    this.#handlers = handlers
    this.#peerLimits?.addEventListener('cutoff', this.#onCutOff)
    try {
      await this.#listen()
      this.#subscribe()
      // Those who were connected before will not be announced by libp2p.
      const connected = this.#libp2p.getConnections().map((connection) => connection.remotePeer)
      await Promise.all(connected.map((peer) => this.#meet(peer)))
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    if (this.#handlers === undefined) return
    this.#handlers = undefined
    this.#peerLimits?.removeEventListener('cutoff', this.#onCutOff)
    this.#unsubscribe()
    if (this.#topology !== undefined) this.#libp2p.unregister(this.#topology)
    this.#peers.clear()
    for (const channel of this.#channels) channel.abort(stopped())
    await this.#libp2p.unhandle(Object.values(this.#protocols))
  }

  peers(): readonly PeerLink[] {
    return [...this.#peers].map(([peer, id]) => link(peer, this.#libp2p.getConnections(id)))
  }

  publish(message: Uint8Array): boolean {
    const { gossipBytes } = this.#limits
    assert(message.byteLength <= gossipBytes, `a gossip message has at most ${gossipBytes} bytes`)
    if (this.#handlers === undefined || this.#peers.size === 0) return false
    this.#libp2p.services.pubsub.publish(this.#topic, message).catch((error: unknown) => {
      // Nobody listens yet: anti-entropy tells them when they come.
      if (String(error).includes('NoPeersSubscribedToTopic')) return
      this.#log.error('could not publish %d bytes - %e', message.byteLength, error)
    })
    return true
  }

  /** Opens a stream on a connection that stands: it never dials. The signal is for opening only. */
  async open(peer: string, protocol: Protocol, signal: AbortSignal): Promise<Channel> {
    signal.throwIfAborted()
    if (this.#handlers === undefined) throw stopped()
    const connection = bestOf(this.#libp2p.getConnections(peerIdFromString(peer)))
    if (connection === undefined)
      throw new TallymeshError('ERR_PROTOCOL', `no connection to ${peer}`)
    const stream = await this.#newStream(connection, protocol, signal)
    return this.#track(peer, stream)
  }

  async verify(peer: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
    try {
      // Ids of Ed25519 and secp256k1 keys hold the key itself; of others there is nothing to check by.
      return (await peerIdFromString(peer).publicKey?.verify(bytes, signature)) ?? false
    } catch {
      return false
    }
  }

  async #newStream(
    connection: Connection,
    protocol: Protocol,
    signal: AbortSignal,
  ): Promise<Stream> {
    const { idleMs, outboundStreams } = this.#limits
    const limit = AbortSignal.timeout(idleMs)
    try {
      return await connection.newStream(this.#protocols[protocol], {
        signal: AbortSignal.any([signal, limit]),
        runOnLimitedConnection: true,
        maxOutboundStreams: outboundStreams,
      })
    } catch (error) {
      signal.throwIfAborted()
      if (limit.aborted) throw timeoutError('open a stream', idleMs)
      // The peer has stopped its network, and without identify push nobody else tells.
      if (isUnsupported(error) && protocol === 'sync') this.#forget(connection.remotePeer)
      throw protocolError('could not open a stream', error)
    }
  }

  #track(peer: string, stream: Stream): Channel {
    const channel = paced(createChannel(peer, stream, this.#limits), this.#peerLimits)
    this.#channels.add(channel)
    stream.addEventListener('close', () => this.#channels.delete(channel), { once: true })
    if (this.#handlers !== undefined) return channel
    channel.abort(stopped())
    throw stopped()
  }

  #checkNode(): void {
    assert(this.#handlers === undefined, 'a network is started once before it is stopped')
    if (this.#libp2p.status !== 'started') throw invalid('start the libp2p node before the network')
    const protocols = this.#libp2p.getProtocols()
    if (!protocols.some((protocol) => protocol.endsWith('/id/1.0.0')))
      throw invalid(
        'the libp2p node needs the identify service: peers meet by the protocols it tells',
      )
    if (protocols.includes(this.#protocols.sync))
      throw invalid(
        `this libp2p node already runs ${this.#protocols.sync}: one network a namespace`,
      )
  }

  async #listen(): Promise<void> {
    const { inboundStreams, outboundStreams } = this.#limits
    for (const protocol of ['sync', 'member'] as const)
      await this.#libp2p.handle(
        this.#protocols[protocol],
        (stream, connection) => this.#accept(stream, connection, protocol),
        {
          // Counted in #accept, where one too many costs its sender something.
          maxInboundStreams: Math.max(inboundStreams, SEEN_STREAMS),
          maxOutboundStreams: outboundStreams,
          runOnLimitedConnection: true,
        },
      )
    this.#topology = await this.#libp2p.register(this.#protocols.sync, {
      notifyOnLimitedConnection: true,
      onConnect: (peer) => this.#join(peer),
      onDisconnect: (peer) => this.#leave(peer),
    })
  }

  #accept(stream: Stream, connection: Connection, protocol: Protocol): void {
    const peer = connection.remotePeer.toString()
    // One stream too many is refused, and asked for again: nothing is lost by it.
    const isTooMany = this.#openBy(connection) > this.#limits.inboundStreams
    if ((this.#peerLimits?.take(peer, 'streams', 1) ?? 0) > 0 || isTooMany) {
      stream.abort(passedLimits(peer))
      // It got in by a door that does not ask.
      if (this.#peerLimits?.isRefused(peer) === true) connection.abort(passedLimits(peer))
      return
    }
    const channel = this.#track(peer, stream)
    // Who opens a stream speaks the protocol, whether or not identify has told yet.
    this.#join(connection.remotePeer)
    this.#handlers?.channel(channel, protocol)
  }

  /** Streams of ours that the other side of a connection has open, of the protocol that has most. */
  #openBy({ streams }: Connection): number {
    return Math.max(
      ...Object.values(this.#protocols).map(
        (name) =>
          streams.filter(({ direction, protocol }) => direction === 'inbound' && protocol === name)
            .length,
      ),
    )
  }

  /** libp2p tells of every connection, and of some that have closed since: each peer counts once. */
  #join(id: PeerId): void {
    const peer = id.toString()
    if (this.#handlers === undefined || this.#peers.has(peer)) return
    if (this.#libp2p.getConnections(id).length === 0) return
    this.#peers.set(peer, id)
    this.#handlers.connect(peer)
  }

  /** The last connection is gone, or the peer has stopped to speak the protocol. */
  async #leave(id: PeerId): Promise<void> {
    this.#forget(id)
    // libp2p tells late: a new connection may stand already, its coming taken for a second one.
    await this.#meet(id)
  }

  #forget(id: PeerId): void {
    const peer = id.toString()
    if (this.#peers.delete(peer)) this.#handlers?.disconnect(peer)
  }

  async #meet(id: PeerId): Promise<void> {
    // Not in the peer store: not identified yet, and announced when it is.
    const known = await this.#libp2p.peerStore.get(id).catch(() => undefined)
    if (known?.protocols.includes(this.#protocols.sync)) this.#join(id)
  }

  #subscribe(): void {
    const { pubsub } = this.#libp2p.services
    pubsub.topicValidators.set(this.#topic, (from, message) =>
      this.#validate(from.toString(), message),
    )
    pubsub.subscribe(this.#topic)
  }

  #unsubscribe(): void {
    const { pubsub } = this.#libp2p.services
    pubsub.topicValidators.delete(this.#topic)
    // The app may have stopped its node first: then there is nothing to leave.
    if (this.#libp2p.status !== 'started') return
    if (pubsub.getTopics().includes(this.#topic)) pubsub.unsubscribe(this.#topic)
  }

  readonly #onCutOff = ({ detail: { peer } }: CustomEvent<CutOff>): void => {
    for (const channel of this.#channels)
      if (channel.peer === peer) channel.abort(passedLimits(peer))
    for (const connection of this.#libp2p.getConnections(peerIdFromString(peer)))
      connection.abort(passedLimits(peer))
  }

  /** @param from who handed it to us */
  #validate(from: string, message: Message): TopicValidatorResult {
    if (message.type !== 'signed') return TopicValidatorResult.Reject
    if (message.data.byteLength > this.#limits.gossipBytes) return TopicValidatorResult.Reject
    const author = message.from.toString()
    if (this.#handlers === undefined || author === this.self) return TopicValidatorResult.Ignore
    if (!this.#mayHear(from, author)) return TopicValidatorResult.Ignore
    try {
      const verdict = this.#handlers.gossip(author, plain(message.data))
      // Whoever hands it on should have found it wrong itself.
      if (verdict === 'reject') this.#peerLimits?.take(from, 'wrong', 1)
      return VERDICTS[verdict]
    } catch (error) {
      // gossipsub would swallow it.
      this.#log.error('the gossip handler threw - %e', error)
      return TopicValidatorResult.Ignore
    }
  }

  /** What comes over a peer's own connection is held against it; what others hand on of it is not. */
  #mayHear(from: string, author: string): boolean {
    const limits = this.#peerLimits
    if (limits === undefined) return true
    if (limits.take(from, 'gossip', 1) > 0) return false
    return from === author
      ? limits.take(author, 'writing', 1) === 0
      : limits.mayTake(author, 'writing', 1)
  }
}

const link = (peer: string, connections: readonly Connection[]): PeerLink => {
  const times = connections.flatMap(({ rtt }) => (rtt === undefined ? [] : [rtt]))
  return {
    peer,
    addresses: connections.map((connection) => connection.remoteAddr.toString()),
    roundTripMs: times.length === 0 ? null : Math.min(...times),
  }
}

/** A direct connection before a relayed one, which has limits. */
const bestOf = (connections: readonly Connection[]): Connection | undefined => {
  const open = connections.filter(({ status }) => status === 'open')
  return open.find(({ limits }) => limits === undefined) ?? open[0]
}

const invalid = (message: string): TallymeshError =>
  new TallymeshError('ERR_INVALID_ARGUMENT', message)

const stopped = (): TallymeshError =>
  new TallymeshError('ERR_STOPPED', 'the network has been stopped')

const isUnsupported = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnsupportedProtocolError'
