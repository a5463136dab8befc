// The one file that speaks libp2p: gossip, streams and the peers in reach, as a Network.
import {
  StrictSign,
  TopicValidatorResult,
  type GossipSub,
  type Message,
} from '@chainsafe/libp2p-gossipsub'
import type {
  Connection,
  Libp2p,
  Logger,
  PeerId,
  Stream,
  StreamMessageEvent,
} from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { TallymeshError } from '@tallymesh/core'
import { decode, encode } from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import type { Channel, Network, NetworkHandlers, PeerLink, Verdict } from './network.ts'

/** What one peer may cost another. Bytes, milliseconds, and streams of one connection. */
export interface NetworkLimits {
  /** A gossip message: it is copied to every peer of the mesh, and gossipsub has no back-pressure. */
  readonly gossipBytes: number
  /** A message on a stream: it is held whole before it is looked at. */
  readonly messageBytes: number
  /** Streams that a peer may have open here: each may hold `readBufferBytes`. */
  readonly inboundStreams: number
  /** Streams that may be open to a peer. */
  readonly outboundStreams: number
  /** How long one read or one write may make no progress. yamux itself never gives up. */
  readonly idleMs: number
  /** Bytes that may wait for the peer before the next message is asked for. */
  readonly writeBufferBytes: number
  /**
   * Bytes that may wait for the reader. yamux lets a peer send up to its window while reading is
   * paused, and the window grows to 16 MiB on fast links; libp2p's own 4 MiB would reset those.
   */
  readonly readBufferBytes: number
}

/** The limits unless the app sets others. */
export const NETWORK_LIMITS: NetworkLimits = Object.freeze({
  gossipBytes: 64 * 1024,
  messageBytes: 1024 * 1024,
  inboundStreams: 16,
  outboundStreams: 16,
  idleMs: 10_000,
  writeBufferBytes: 64 * 1024,
  readBufferBytes: 16 * 1024 * 1024,
})

export interface Libp2pNetworkOptions {
  /** The app's own node, with gossipsub as `services.pubsub`, and identify. It stays the app's. */
  readonly libp2p: Libp2p<{ pubsub: GossipSub }>
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`. Only peers with the same namespace meet. */
  readonly namespace: string
  readonly limits?: Partial<NetworkLimits>
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

const checkPubsub = (libp2p: Libp2p<{ pubsub?: GossipSub }>): void => {
  // A policy that differs between peers delivers nothing and says nothing: refuse it here.
  if (libp2p.services.pubsub?.globalSignaturePolicy === StrictSign) return
  throw invalid(
    'the libp2p node needs gossipsub as services.pubsub, with globalSignaturePolicy StrictSign',
  )
}

const VERDICTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
}

class Libp2pNetwork implements Network {
  readonly self: string
  readonly #libp2p: Libp2p<{ pubsub: GossipSub }>
  readonly #limits: NetworkLimits
  readonly #protocol: string
  readonly #topic: string
  readonly #log: Logger
  readonly #peers = new Map<string, PeerId>()
  readonly #channels = new Set<Channel>()
  #topology: string | undefined
  /** Set while the network runs. */
  #handlers: NetworkHandlers | undefined

  constructor({ libp2p, namespace, limits }: Libp2pNetworkOptions) {
    this.self = libp2p.peerId.toString()
    this.#libp2p = libp2p
    this.#limits = { ...NETWORK_LIMITS, ...limits }
    this.#protocol = `/tallymesh/1/sync/${namespace}`
    this.#topic = `/tallymesh/1/${namespace}`
    this.#log = libp2p.logger.forComponent('tallymesh:network')
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    this.#checkNode()
    this.#handlers = handlers
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
    this.#unsubscribe()
    if (this.#topology !== undefined) this.#libp2p.unregister(this.#topology)
    this.#peers.clear()
    for (const channel of this.#channels) channel.abort(stopped())
    await this.#libp2p.unhandle(this.#protocol)
  }

  peers(): readonly PeerLink[] {
    return [...this.#peers].map(([peer, id]) => link(peer, this.#libp2p.getConnections(id)))
  }

  publish(message: Uint8Array): void {
    const { gossipBytes } = this.#limits
    assert(message.byteLength <= gossipBytes, `a gossip message has at most ${gossipBytes} bytes`)
    if (this.#handlers === undefined) return
    this.#libp2p.services.pubsub.publish(this.#topic, message).catch((error: unknown) => {
      // Nobody listens yet: anti-entropy tells them when they come.
      if (String(error).includes('NoPeersSubscribedToTopic')) return
      this.#log.error('could not publish %d bytes - %e', message.byteLength, error)
    })
  }

  /** Opens a stream on a connection that stands: it never dials. The signal is for opening only. */
  async open(peer: string, signal: AbortSignal): Promise<Channel> {
    signal.throwIfAborted()
    if (this.#handlers === undefined) throw stopped()
    const connection = bestOf(this.#libp2p.getConnections(peerIdFromString(peer)))
    if (connection === undefined)
      throw new TallymeshError('ERR_PROTOCOL', `no connection to ${peer}`)
    const stream = await this.#newStream(connection, signal)
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

  async #newStream(connection: Connection, signal: AbortSignal): Promise<Stream> {
    const { idleMs, outboundStreams } = this.#limits
    const limit = AbortSignal.timeout(idleMs)
    try {
      return await connection.newStream(this.#protocol, {
        signal: AbortSignal.any([signal, limit]),
        runOnLimitedConnection: true,
        maxOutboundStreams: outboundStreams,
      })
    } catch (error) {
      signal.throwIfAborted()
      if (limit.aborted) throw timeout('open a stream', idleMs)
      // The peer has stopped its network, and without identify push nobody else tells.
      if (isUnsupported(error)) this.#forget(connection.remotePeer)
      throw protocolError('could not open a stream', error)
    }
  }

  #track(peer: string, stream: Stream): Channel {
    const channel = createChannel(peer, stream, this.#limits)
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
    if (protocols.includes(this.#protocol))
      throw invalid(`this libp2p node already runs ${this.#protocol}: one network a namespace`)
  }

  async #listen(): Promise<void> {
    const { inboundStreams, outboundStreams } = this.#limits
    await this.#libp2p.handle(
      this.#protocol,
      (stream, connection) => this.#accept(stream, connection),
      {
        maxInboundStreams: inboundStreams,
        maxOutboundStreams: outboundStreams,
        runOnLimitedConnection: true,
      },
    )
    this.#topology = await this.#libp2p.register(this.#protocol, {
      notifyOnLimitedConnection: true,
      onConnect: (peer) => this.#join(peer),
      onDisconnect: (peer) => this.#leave(peer),
    })
  }

  #accept(stream: Stream, connection: Connection): void {
    const channel = this.#track(connection.remotePeer.toString(), stream)
    // Who opens a stream speaks the protocol, whether or not identify has told yet.
    this.#join(connection.remotePeer)
    this.#handlers?.channel(channel)
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
    if (known?.protocols.includes(this.#protocol)) this.#join(id)
  }

  #subscribe(): void {
    const { pubsub } = this.#libp2p.services
    pubsub.topicValidators.set(this.#topic, (_, message) => this.#validate(message))
    pubsub.subscribe(this.#topic)
  }

  #unsubscribe(): void {
    const { pubsub } = this.#libp2p.services
    pubsub.topicValidators.delete(this.#topic)
    // The app may have stopped its node first: then there is nothing to leave.
    if (this.#libp2p.status !== 'started') return
    if (pubsub.getTopics().includes(this.#topic)) pubsub.unsubscribe(this.#topic)
  }

  #validate(message: Message): TopicValidatorResult {
    if (message.type !== 'signed') return TopicValidatorResult.Reject
    if (message.data.byteLength > this.#limits.gossipBytes) return TopicValidatorResult.Reject
    const author = message.from.toString()
    if (this.#handlers === undefined || author === this.self) return TopicValidatorResult.Ignore
    try {
      return VERDICTS[this.#handlers.gossip(author, plain(message.data))]
    } catch (error) {
      // gossipsub would swallow it.
      this.#log.error('the gossip handler threw - %e', error)
      return TopicValidatorResult.Ignore
    }
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

type Bytes = StreamMessageEvent['data']

/**
 * The empty message, sent last. The end of a stream is no proof that the peer was done: libp2p also
 * ends streams when a connection is closed, and over WebRTC when it breaks.
 */
const END = new Uint8Array([0])

/** Length prefixes longer than this are no sizes that any limit here allows. */
const MAX_PREFIX_BYTES = 8

/** In Node it is a Buffer, whose `slice` does not copy. */
const plain = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const createChannel = (peer: string, stream: Stream, limits: NetworkLimits): Channel => {
  const wire = new Wire(stream, limits)
  const bounds = { maxDataLength: limits.messageBytes, maxLengthLength: MAX_PREFIX_BYTES }
  return {
    peer,
    source: pipe(
      () => wire.read(),
      (chunks) => decode(chunks, bounds),
      (messages) => untilEnd(messages, wire),
    ),
    sink: (messages) =>
      pipe(
        messages,
        (source) => framed(source, limits.messageBytes),
        (frames) => wire.write(frames),
      ),
    abort: (reason) => void wire.fail(reason),
  }
}

async function* framed(messages: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<Bytes> {
  for await (const message of messages) {
    const { byteLength } = message
    assert(
      byteLength > 0 && byteLength <= max,
      `a message has 1 to ${max} bytes, not ${byteLength}`,
    )
    yield encode.single(message)
  }
  yield END
}

async function* untilEnd(
  messages: AsyncIterable<Exclude<Bytes, Uint8Array>>,
  wire: Wire,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const message of messages) {
      if (message.byteLength === 0) return
      yield plain(message.subarray())
    }
    throw protocolError('the peer left in the middle')
  } catch (error) {
    throw wire.fail(readError(error))
  }
}

/**
 * The bytes of a stream, with what libp2p leaves to its users: back-pressure both ways, a time limit
 * on every step, and errors that are errors. `messageStreamToDuplex` queues without bound, and drops
 * what a paused stream still holds when the peer ends its side.
 */
class Wire {
  readonly #stream: Stream
  readonly #limits: NetworkLimits
  readonly #arrived: Bytes[] = []
  readonly #reading = new Gate()
  readonly #writing = new Gate()
  #failure: Error | undefined
  #resuming = false
  #readOver = false
  #writeOver = false
  #stopWaitingForSource: (reason: Error) => void = () => undefined

  constructor(stream: Stream, limits: NetworkLimits) {
    this.#stream = stream
    this.#limits = limits
    stream.maxReadBufferLength = limits.readBufferBytes
    this.#pause()
    stream.addEventListener('message', ({ data }) => this.#onMessage(data))
    stream.addEventListener('end', () => this.#reading.open())
    stream.addEventListener('drain', () => this.#writing.open())
    stream.addEventListener('idle', () => this.#writing.open())
    stream.addEventListener('close', ({ error }) => this.#onClose(error))
    if (stream.status !== 'open') this.#failure = protocolError('the peer left')
  }

  /** Chunks as they come, none asked for before the last one was taken. Ends with the peer's side. */
  async *read(): AsyncGenerator<Bytes> {
    try {
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next())
        yield chunk
    } finally {
      this.#stopReading()
    }
  }

  /** Sends as fast as the peer takes, then ends this side. */
  async write(frames: AsyncIterable<Bytes>): Promise<void> {
    const source = frames[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await this.#unlessClosed(source.next())
        if (done) break
        await this.#send(value)
      }
      await this.#end()
    } catch (error) {
      // Not awaited: the source may hang in a step that nobody waits for any more.
      source.return?.().catch(() => undefined)
      throw this.fail(error)
    }
  }

  /** Drops the stream. The first reason stays the reason. */
  fail(reason: unknown): Error {
    this.#failure ??= reason instanceof Error ? reason : protocolError('the stream broke', reason)
    this.#stream.abort(this.#failure)
    this.#wake(this.#failure)
    return this.#failure
  }

  async #next(): Promise<Bytes | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const chunk = this.#arrived.shift()
      if (chunk !== undefined || this.#stream.readableEnded) return chunk
      this.#resume()
      if (this.#arrived.length > 0 || this.#stream.readableEnded) continue
      await this.#step('read', this.#reading, this.#limits.idleMs)
    }
  }

  #onMessage(data: Bytes): void {
    this.#arrived.push(data)
    if (!this.#resuming) this.#pause()
    this.#reading.open()
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable' && !this.#readOver) this.#stream.pause()
  }

  /** `resume()` hands out what is held before it tells the muxer, so a pause must wait till after. */
  #resume(): void {
    this.#resuming = true
    try {
      if (this.#stream.readStatus === 'paused') this.#stream.resume()
    } catch {
      // The connection closed under it: what the stream held has been handed out.
    }
    this.#resuming = false
    if (this.#arrived.length > 0) this.#pause()
  }

  /** Takes nothing more, but lets the peer send on: it may be waiting for our side. */
  #stopReading(): void {
    this.#readOver = true
    this.#resume()
    this.#arrived.length = 0
    this.#stream.closeRead().catch(() => undefined)
    this.#linger()
  }

  async #send(frame: Bytes): Promise<void> {
    this.#checkWritable()
    try {
      this.#stream.send(frame)
    } catch (error) {
      throw protocolError('could not write to the stream', error)
    }
    await this.#flush(this.#limits.writeBufferBytes)
  }

  /**
   * Waits until no more than `rest` bytes wait for the peer. Not by `onDrain()`, which waits only
   * the first time; and one drain is not enough, as each window update of a few bytes is one.
   */
  async #flush(rest: number): Promise<void> {
    let least = Infinity
    let deadline = 0
    while (this.#stream.writeBufferLength > rest) {
      this.#checkWritable()
      const now = performance.now()
      if (this.#stream.writeBufferLength < least) deadline = now + this.#limits.idleMs
      least = Math.min(least, this.#stream.writeBufferLength)
      await this.#step('write', this.#writing, deadline - now)
    }
    this.#checkWritable()
  }

  async #end(): Promise<void> {
    await this.#flush(0)
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(this.#limits.idleMs) })
    } catch (error) {
      throw protocolError('could not end the stream', error)
    }
    this.#writeOver = true
    this.#linger()
  }

  #checkWritable(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#stream.writeStatus !== 'writable') throw protocolError('the peer left')
  }

  /** Both sides are done here: a peer that never ends its own does not keep the stream. */
  #linger(): void {
    if (!this.#readOver || !this.#writeOver || this.#stream.status !== 'open') return
    const { idleMs } = this.#limits
    const timer = setTimeout(() => this.fail(timeout('end the stream', idleMs)), idleMs)
    this.#stream.addEventListener('close', () => clearTimeout(timer), { once: true })
  }

  async #step(what: string, gate: Gate, ms: number): Promise<void> {
    if (!(await gate.wait(ms))) throw this.fail(timeout(what, this.#limits.idleMs))
  }

  /** One slot, not a race: a race would hold a record of every step till the stream closes. */
  async #unlessClosed<T>(step: Promise<T>): Promise<T> {
    this.#checkWritable()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#stopWaitingForSource = reject
    step.then(resolve, reject)
    return await promise
  }

  /** Without an error both sides ended, or the connection did: the reader still takes what is held. */
  #onClose(error: Error | undefined): void {
    if (error !== undefined) this.#failure ??= closeError(error)
    this.#wake(this.#failure ?? protocolError('the peer left'))
  }

  #wake(reason: Error): void {
    this.#stopWaitingForSource(reason)
    this.#reading.open()
    this.#writing.open()
  }
}

/** Where one waiter waits for the next event of a stream. */
class Gate {
  #open: () => void = () => undefined

  open(): void {
    this.#open()
  }

  /** False when the time is over. */
  async wait(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), ms)
    this.#open = () => resolve(true)
    const opened = await promise
    clearTimeout(timer)
    return opened
  }
}

const assert = (fact: boolean, message: string): void => {
  if (!fact) throw new Error(`assertion failed: ${message}`)
}

const invalid = (message: string): TallymeshError =>
  new TallymeshError('ERR_INVALID_ARGUMENT', message)

const stopped = (): TallymeshError =>
  new TallymeshError('ERR_STOPPED', 'the network has been stopped')

const timeout = (step: string, ms: number): TallymeshError =>
  new TallymeshError('ERR_TIMEOUT', `could not ${step}: no progress for ${ms} ms`)

/** libp2p throws Events too: whatever it was becomes the cause of an error. */
const protocolError = (message: string, cause?: unknown): TallymeshError =>
  new TallymeshError('ERR_PROTOCOL', message, { cause })

const isUnsupported = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnsupportedProtocolError'

const closeError = (error: Error): Error =>
  error instanceof TallymeshError ? error : protocolError('the stream broke', error)

const PREFIX_ERRORS: ReadonlySet<string> = new Set([
  'InvalidMessageLengthError',
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
])

const readError = (error: unknown): TallymeshError => {
  if (error instanceof TallymeshError) return error
  if (!(error instanceof Error && PREFIX_ERRORS.has(error.name)))
    return protocolError('the peer left in the middle', error)
  return new TallymeshError('ERR_MALFORMED', `a length prefix is not allowed: ${error.message}`, {
    cause: error,
  })
}
