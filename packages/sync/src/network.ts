// What the engine needs of a network. libp2p.ts is one, the simulator's is another.

/** What a stream is for: comparing what two hold, or a member's word on who holds which id. */
export type Protocol = 'sync' | 'member'

/** An open stream of whole messages to one peer. Both ways end on their own. */
export interface Channel {
  readonly peer: string
  /** Messages as they come. Ends when the peer has ended its side; throws when the stream breaks. */
  readonly source: AsyncIterable<Uint8Array>
  /** Sends messages, as fast as the peer takes them, then ends this side. */
  sink(messages: AsyncIterable<Uint8Array>): Promise<void>
  /** Drops the stream at once, both ways. */
  abort(reason: Error): void
}

/** What the validator of gossip decides of a message. */
export type Verdict =
  /** Fine: taken, and passed on by the network. */
  | 'accept'
  /** Not wrong, but of no use: not passed on. */
  | 'ignore'
  /** Wrong: not passed on, and the sender pays for it. */
  | 'reject'

export interface NetworkHandlers {
  /** A gossip message, its author proven by the envelope's signature. */
  gossip(author: string, message: Uint8Array): Verdict
  /** A peer that speaks the protocol came in reach. */
  connect(peer: string): void
  disconnect(peer: string): void
  /** A peer opened a stream. */
  channel(channel: Channel, protocol: Protocol): void
}

export interface PeerLink {
  readonly peer: string
  readonly addresses: readonly string[]
  readonly roundTripMs: number | null
}

export interface Network {
  /** This peer's id. */
  readonly self: string
  start(handlers: NetworkHandlers): Promise<void>
  stop(): Promise<void>
  /** Peers in reach now that speak the protocol. */
  peers(): readonly PeerLink[]
  /**
   * Sends to whoever is in the mesh, with no promise that anyone gets it.
   *
   * @returns false where no peer is in reach, and nothing was sent
   */
  publish(message: Uint8Array): boolean
  open(peer: string, protocol: Protocol, signal: AbortSignal): Promise<Channel>
  /** Whether `signature` over `bytes` was made with the key of `peer`. */
  verify(peer: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}
