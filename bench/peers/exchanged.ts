// What one exchange of a peer's library came to, counted like our own.

export interface PeerExchange {
  readonly bytesByLeft: number
  readonly bytesByRight: number
  readonly roundTrips: number
  /** What was counted, in ms: the exchange and the joining of what it brought, on both sides. */
  readonly ms: number
}
