// The network of one namespace: gossip, streams and the peers in reach, on a libp2p node.
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { TallymeshError } from '@tallymesh/core'
import { createChannel } from '../channel.ts'
import { passedLimits } from '../intake.ts'
import type { Channel, Network, NetworkHandlers, PeerLink, Protocol } from '../network.ts'
import { NETWORK_LIMITS, type NetworkLimits } from '../network-limits.ts'
import { paced } from '../paced.ts'
import type { CutOff, PeerLimits } from '../peer-limits.ts'
import { assert, protocolError, timeoutError } from '../wire.ts'
import { invalid, stopped } from './errors.ts'
import { checkPubsub, Topic } from './topic.ts'
import type { Libp2pNode } from './node.ts'

export interface Libp2pNetworkOptions {
  /** The app's own node, with gossipsub as `services.pubsub`, and identify. It stays the app's. */
  readonly libp2p: Libp2pNode
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`. Only peers with the same namespace meet. */
  readonly namespace: string
  readonly limits?: Partial<NetworkLimits>
  /** What each peer may take in a time; as much as it likes if left out. */
  readonly peerLimits?: PeerLimits
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

/** Streams that are looked at before they are refused: libp2p refuses what is more, and tells nobody. */
const SEEN_STREAMS = 1024

class Libp2pNetwork implements Network {
  readonly self: string
  readonly #libp2p: Libp2pNode
  readonly #limits: NetworkLimits
  readonly #peerLimits: PeerLimits | undefined
  readonly #protocols: Readonly<Record<Protocol, string>>
  readonly #gossip: Topic
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
    this.#gossip = new Topic({
      libp2p,
      name: `/tallymesh/1/${namespace}`,
      gossipBytes: this.#limits.gossipBytes,
      peerLimits,
      log: libp2p.logger.forComponent('tallymesh:network'),
    })
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    this.#checkNode()
    this.#handlers = handlers
    this.#peerLimits?.addEventListener('cutoff', this.#onCutOff)
    try {
      await this.#listen()
      this.#gossip.subscribe((author, message) => handlers.gossip(author, message))
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
    this.#gossip.unsubscribe()
    if (this.#topology !== undefined) this.#libp2p.unregister(this.#topology)
    this.#peers.clear()
    for (const channel of this.#channels) channel.abort(stopped())
    await this.#libp2p.unhandle(Object.values(this.#protocols))
  }

  peers(): readonly PeerLink[] {
    return [...this.#peers].map(([peer, id]) => link(peer, this.#libp2p.getConnections(id)))
  }

  publish(message: Uint8Array): boolean {
    if (this.#peers.size === 0) return false
    this.#gossip.publish(message)
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

  readonly #onCutOff = ({ detail: { peer } }: CustomEvent<CutOff>): void => {
    for (const channel of this.#channels)
      if (channel.peer === peer) channel.abort(passedLimits(peer))
    for (const connection of this.#libp2p.getConnections(peerIdFromString(peer)))
      connection.abort(passedLimits(peer))
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

const isUnsupported = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnsupportedProtocolError'
