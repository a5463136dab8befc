// What a network lets one peer cost another.

/** What one peer may cost another. Bytes, milliseconds, and streams of one connection. */
export interface NetworkLimits {
  /** A gossip message: it is copied to every peer of the mesh, and gossipsub has no back-pressure. */
  readonly gossipBytes: number
  /**
   * A message on a stream: it is held whole before it is looked at. A slot goes in one with all its live
   * requests, 18 bytes each: there is room for 230,000.
   */
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
  messageBytes: 4 * 1024 * 1024,
  inboundStreams: 16,
  outboundStreams: 16,
  idleMs: 10_000,
  writeBufferBytes: 64 * 1024,
  readBufferBytes: 16 * 1024 * 1024,
})
