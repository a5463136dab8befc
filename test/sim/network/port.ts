// What one process has of the network: the engine's Network, for as long as the process lives.
import type { Channel, Network, NetworkHandlers, PeerLink, Protocol } from '@tallymesh/sync'
import { closedError, openTimeout, stoppedError } from './errors.ts'
import type { Connection } from './connection.ts'
import type { SimNetwork } from './network.ts'

/** How long opening a stream may take, as in libp2p.ts. */
const OPEN_LIMIT_MS = 10_000
/** A stream that can not be opened yet is tried again so often. */
const OPEN_RETRY_MS = 50

export class Port implements Network {
  readonly self: string
  /** Which node, for the trace: `n3`. */
  readonly node: string
  readonly #network: SimNetwork
  readonly connections = new Set<Connection>()
  readonly #known = new Map<string, Connection[]>()
  #handlers: NetworkHandlers | undefined
  #state: 'new' | 'open' | 'stopped' | 'dead' = 'new'

  constructor(network: SimNetwork, node: string, self: string) {
    this.#network = network
    this.node = node
    this.self = self
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  // Network

  async start(handlers: NetworkHandlers): Promise<void> {
    if (this.#state !== 'new') return
    this.#handlers = handlers
    this.#state = 'open'
    this.#network.opened(this)
  }

  async stop(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'stopped'
    this.#network.closed(this, stoppedError())
  }

  peers(): readonly PeerLink[] {
    return [...this.#known.keys()].map((peer) => ({ peer, addresses: [], roundTripMs: null }))
  }

  publish(message: Uint8Array): boolean {
    if (this.#known.size === 0) return false
    if (this.isOpen) this.#network.publish(this, message)
    return true
  }

  async open(peer: string, protocol: Protocol, signal: AbortSignal): Promise<Channel> {
    signal.throwIfAborted()
    // Promises of a dead process settle for nobody.
    if (this.#state === 'dead') return new Promise(() => {})
    if (!this.isOpen) throw stoppedError()
    if (!this.#network.options.hasStreams) throw closedError()
    const connection = this.#known.get(peer)?.at(-1)
    if (connection === undefined) throw closedError()
    return await this.#openOn(connection, protocol, signal)
  }

  /** A simulated signature is its signer's id. */
  async verify(peer: string, _bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return new TextDecoder().decode(signature) === peer
  }

  async #openOn(connection: Connection, protocol: Protocol, signal: AbortSignal): Promise<Channel> {
    const { timeline } = this.#network
    const mine = connection.sideOf(this)
    const there = connection.otherThan(this)
    const limit = timeline.now + OPEN_LIMIT_MS
    const isBlocked = (): boolean =>
      mine.lane.conditions.isBlocked || there.lane.conditions.isBlocked || !there.isOpen
    const check = (): void => {
      signal.throwIfAborted()
      if (!this.isOpen) throw stoppedError()
      if (!mine.isOpen) throw closedError()
      if (timeline.now > limit) throw openTimeout()
    }
    while (isBlocked()) {
      await timeline.sleep(OPEN_RETRY_MS)
      check()
    }
    await timeline.sleep(Math.max(0, mine.lane.arrivalOf(1) - timeline.now))
    check()
    if (!connection.isWhole) throw closedError()
    const stream = this.#network.newStream(connection, this, protocol)
    there.port.accept(connection, stream.channel(1), protocol)
    await timeline.sleep(Math.max(0, there.lane.arrivalOf(1) - timeline.now))
    // After this a broken stream breaks whoever uses it.
    if (signal.aborted) stream.fail(0, signal.reason as Error)
    return stream.channel(0)
  }

  // From the network

  /** A peer opened a stream: it speaks the protocol, whether or not that was told yet. */
  accept(connection: Connection, channel: Channel, protocol: Protocol): void {
    this.joined(connection)
    this.#handlers?.channel(channel, protocol)
  }

  /** A connection stands at this side. */
  joined(connection: Connection): void {
    if (!this.isOpen || !connection.sideOf(this).isOpen) return
    const peer = connection.otherThan(this).port.self
    const known = this.#known.get(peer)
    if (known?.includes(connection) === true) return
    this.#known.set(peer, [...(known ?? []), connection])
    if (known === undefined) this.#handlers?.connect(peer)
  }

  /** A connection is gone at this side. */
  left(connection: Connection): void {
    const peer = connection.otherThan(this).port.self
    const rest = (this.#known.get(peer) ?? []).filter((other) => other !== connection)
    if (rest.length > 0) this.#known.set(peer, rest)
    else if (this.#known.delete(peer) && this.isOpen) this.#handlers?.disconnect(peer)
  }

  hear(author: string, message: Uint8Array): 'accept' | 'ignore' | 'reject' {
    if (author === this.self || !this.isOpen) return 'ignore'
    return this.#handlers?.gossip(author, message) ?? 'ignore'
  }

  /** The process dies: it hears and says nothing more. */
  kill(): void {
    const wasOpen = this.isOpen
    this.#state = 'dead'
    this.#handlers = undefined
    if (wasOpen) this.#network.closed(this, closedError())
  }
}
