// What a replica offers to the program that runs it.
import type { DistributedKeyCounter, Slot, StateSnapshot } from '@tallymesh/core'
import type { TypedEventTarget } from 'main-event'
import type { LimitCounts, LimitedPeer } from './peer-limits.ts'
import type { ServiceCounts } from './counts.ts'
import type { Healed, ReachStatus } from './reach.ts'
import type { SignedDelta } from './signed-delta.ts'

/** How far an increment must have come before it is acknowledged. */
export type Ack = 'local' | 'quorum' | 'all'
/** How up to date a read must be. */
export type Consistency = 'local' | 'quorum' | 'all'

export interface IncrementOptions {
  /** 1 to 128 UTF-8 bytes: however often it is retried, the increment counts once. */
  readonly requestId?: string
  readonly ack?: Ack
  readonly signal?: AbortSignal
  /** How long a strong ack may take: 5,000 if left out. */
  readonly timeoutMs?: number
}

export interface ReadOptions {
  /** `'local'` if left out. */
  readonly consistency?: Consistency
  readonly signal?: AbortSignal
  /** How long a strong read may take: 5,000 if left out. */
  readonly timeoutMs?: number
}

/** One increment of a batch that is recorded whole or not at all. */
export interface Increment {
  readonly key: string
  /** A safe integer or a bigint; 1 if left out. */
  readonly amount?: number | bigint
  readonly requestId?: string
}

/** How an increment was recorded. */
export interface IncrementResult {
  readonly key: string
  /** The counter's value with this increment. */
  readonly value: bigint
  /** How many increments the counter has had, this one included. */
  readonly ops: number
  /** The operation number that the replica gave it. */
  readonly seq: number
  /** The replica that recorded it. */
  readonly replica: string
  /** True where the request id was known: nothing has changed. */
  readonly duplicate: boolean
}

/** A counter as it stands. */
export interface Counter {
  readonly key: string
  readonly value: bigint
  readonly ops: number
}

export interface ListOptions {
  readonly prefix?: string
  /** Only keys after this one, in the order of their UTF-8 bytes. */
  readonly after?: string
  /** 100 if left out. */
  readonly limit?: number
}

export interface CounterPage {
  readonly counters: readonly Counter[]
  /** The last key of the page, where there are more. */
  readonly after?: string
}

/** A counter's value moved. */
export interface CounterChange {
  readonly key: string
  readonly value: bigint
  readonly previous: bigint
  readonly ops: number
  /** The peer it came from, or `'local'`. */
  readonly origin: string
}

/** For how long requests are remembered. */
export interface RequestStatus {
  /** Request records of this replica's own. */
  readonly records: number
  /** Of these, such as stay for ever, since their request was applied by another replica, too. */
  readonly kept: number
  /** What the records take on the wire. */
  readonly bytes: number
  readonly capBytes: number
  readonly retentionMs: number
  /**
   * For how long a retry is safe at the rate of the last minute: as long as they are retained, or less
   * where the cap makes the oldest go first.
   */
  readonly safeMs: number
}

/** How a peer stands to this replica. */
export interface PeerStatus {
  readonly peer: string
  readonly connected: boolean
  /** Addresses of the open connections. */
  readonly addresses: readonly string[]
  /** Milliseconds on this replica's clock since the last exchange that ended well, or null. */
  readonly lastExchangeMs: number | null
  /** Operations that one side was seen to hold and the other did not, at the last exchange. */
  readonly lag: number | null
  /** This replica's own operations that the peer is known to hold; null before the first exchange. */
  readonly holds: number | null
  readonly roundTripMs: number | null
  /** Milliseconds that the peer's wall clock is ahead of this one's, as estimated; nothing goes by it. */
  readonly clockOffsetMs: number | null
}

export interface ServiceStatus {
  readonly replica: string
  readonly peerId: string
  readonly namespace: string
  readonly store: string
  readonly counters: number
  readonly replicas: number
  /**
   * Whether it is proven that nobody knows more of the replica id than this store. Until then, what is
   * counted is kept from others, under an id of its own.
   */
  readonly verified: boolean
  /** This replica's own operation number. */
  readonly seq: number
  /** Replica ids that two writers are seen to have used. */
  readonly forks: readonly string[]
  /** Records that were found damaged when the store was loaded, and set aside. */
  readonly damaged: number
  /** Hex digest of the whole state: equal where the states are. */
  readonly root: string
  readonly peers: readonly PeerStatus[]
  readonly members: readonly string[]
  /** Which of them are in reach, and whether that is a majority; null where none are configured. */
  readonly reach: ReachStatus | null
  /** Whether strong calls find a majority. */
  readonly hasQuorum: boolean
  readonly exchanges: { readonly completed: number; readonly failed: number }
  readonly gossip: {
    readonly published: number
    readonly received: number
    readonly rejected: number
  }
  readonly gaps: number
  readonly requests: RequestStatus
  /** Why the store refused the last commit, or null while it is well. */
  readonly storeTrouble: string | null
  /** Peers that took more than they may, and are held back now: 100 at most. */
  readonly limited: readonly LimitedPeer[]
  /** How often that came about since the start. */
  readonly limits: Readonly<LimitCounts>
}

export interface CounterServiceEvents {
  change: CustomEvent<CounterChange>
  /** A peer was met, left, or an exchange with it ended. */
  peers: CustomEvent<readonly PeerStatus[]>
  /** Members came in reach, or are out of it, for longer than a blink. */
  reach: CustomEvent<ReachStatus>
  /** A member came back in reach, and was compared with. */
  healed: CustomEvent<Healed>
  /** The replica goes on under a new id, and why. */
  replica: CustomEvent<{ readonly replica: string; readonly reason: string }>
  /** The store refused a commit: why; or null, once it takes them again. */
  storage: CustomEvent<string | null>
}

/** A live replica. */
export interface CounterService extends TypedEventTarget<CounterServiceEvents> {
  /** The id that it writes under, or will once that is proven (`status().verified`). */
  readonly replica: string

  /** Records an increment durably, and spreads it. `amount` is 1 if left out. */
  increment(
    key: string,
    amount?: number | bigint,
    options?: IncrementOptions,
  ): Promise<IncrementResult>
  /** Records all of them in one atomic commit, or none. Results in the same order. */
  incrementAll(
    increments: readonly Increment[],
    options?: Omit<IncrementOptions, 'requestId'>,
  ): Promise<IncrementResult[]>
  /** The value now, from memory; 0n for a key never seen. */
  getValue(key: string): bigint
  /** How many increments the counter has had; 0 for a key never seen. */
  getOps(key: string): number
  /**
   * The value, as up to date as asked for: `'quorum'` is linearizable.
   *
   * @throws {QuorumUnavailableError} where no majority of the members answers in time
   */
  read(key: string, options?: ReadOptions): Promise<bigint>
  /** As `read`, with the count of increments. */
  readCounter(key: string, options?: ReadOptions): Promise<Counter>
  /** Counters in the order of their keys' UTF-8 bytes, a page at a time. */
  list(options?: ListOptions): CounterPage
  /** Who counted how much: the slots of a counter, by replica. */
  slots(key: string): readonly (Slot & { readonly replica: string })[]
  /** Joins the state of a counter from anywhere, durably. Returns the keys that changed. */
  merge(counter: DistributedKeyCounter): Promise<string[]>
  /**
   * Joins, durably, what `encode` made of a replica that is trusted as a peer is: its version vector is
   * taken for true. Returns the keys that changed.
   *
   * @throws {TallymeshError} `ERR_MALFORMED`; nothing has changed then
   */
  applyEncoded(bytes: Uint8Array): Promise<string[]>
  /**
   * Hands on what another replica wrote, under its owner's signature (`signDelta`), to whoever lacks
   * it: also where members are configured, and this peer is none.
   */
  handOn(delta: SignedDelta): void
  /**
   * Has the next comparison with a peer come within a second or two, however long it has become while
   * nothing differed: for who waits to see that what was counted has arrived.
   */
  compareSoon(): void
  /** The whole state as bytes, as `DistributedKeyCounter.applyEncoded` takes them. */
  encode(): Uint8Array<ArrayBuffer>
  /** The whole state as it stands now, slot by slot, to be read while the replica counts on. */
  snapshot(): StateSnapshot
  status(): ServiceStatus
  /** What it has done since its start, in numbers. */
  counts(): ServiceCounts
  /** Finishes what was accepted, then lets go of the store. Leaves the libp2p node running. */
  stop(): Promise<void>
}
