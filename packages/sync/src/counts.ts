// What a replica has done since its start, in numbers: for metrics. They only ever go up.

/** How an exchange ended. */
export type ExchangeEnd = 'same' | 'exchanged' | 'descended' | 'busy' | 'failed'

/** Which side of it this replica was. */
export type ExchangeRole = 'asked' | 'answered'

/** Since the start of the replica. */
export interface ReplicatorCounts {
  /** Exchanges that went to their end, and that did not. */
  completed: number
  failed: number
  exchanges: Record<ExchangeRole, Record<ExchangeEnd, number>>
  /** Slots that went over in exchanges, and those that were dropped since their sender may not hand them on. */
  slots: { sent: number; received: number; refused: number }
  /** Deltas joined, by the way they came. */
  deltas: { gossip: number; exchange: number }
  /** Gossip messages that came, their bytes, and how many were wrong, or too much. */
  received: number
  receivedBytes: number
  rejected: number
  ignored: number
  /** Deltas that came too early. */
  gaps: number
}

const noEnds = (): Record<ExchangeEnd, number> => ({
  same: 0,
  exchanged: 0,
  descended: 0,
  busy: 0,
  failed: 0,
})

export const noReplicatorCounts = (): ReplicatorCounts => ({
  completed: 0,
  failed: 0,
  exchanges: { asked: noEnds(), answered: noEnds() },
  slots: { sent: 0, received: 0, refused: 0 },
  deltas: { gossip: 0, exchange: 0 },
  received: 0,
  receivedBytes: 0,
  rejected: 0,
  ignored: 0,
  gaps: 0,
})

/** Calls for a majority, or for all members. */
export interface StrongCounts {
  done: number
  /** Too few members were in reach, or answered in time. */
  failed: number
}

/** A replica's counts; the numbers go on changing. */
export interface ServiceCounts {
  /** Increments asked of this replica: recorded, known by their request id, or refused. */
  readonly increments: {
    readonly recorded: number
    readonly duplicate: number
    readonly refused: number
  }
  readonly replicator: Readonly<ReplicatorCounts>
  /** Gossip messages sent, and their bytes. */
  readonly published: number
  readonly publishedBytes: number
  readonly strong: {
    readonly read: Readonly<StrongCounts>
    readonly increment: Readonly<StrongCounts>
  }
  /** Reads that this replica led itself, and the rounds that they took. */
  readonly quorum: { readonly reads: number; readonly rounds: number; readonly mostRounds: number }
  /**
   * Milliseconds for which this replica has known of something that it or a peer in reach lacks, or
   * could not find out; 0 where the last exchange with each of them left nothing out.
   */
  readonly apartMs: number
}
