// What an exchange works with, and what it comes to.
import type { DistributedKeyCounter, Hash64, Joined } from '@tallymesh/core'
import type { Beyond } from './beyond.ts'
import type { Clock, Random } from './clock.ts'
import type { Intake } from './intake.ts'
import type { Journal } from './journal.ts'
import type { MessageSizes } from './message-sizes.ts'
import type { Network } from './network.ts'
import type { SignedDeltas } from './signed-deltas.ts'
import type { UnderWay } from './under-way.ts'

export interface ExchangeContext {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  /** Asked before anything is joined. */
  readonly intake: Pick<Intake, 'admit'>
  readonly clock: Clock
  readonly random: Random
  /** The fixed list of members; empty where there are none. */
  readonly members: readonly string[]
  /** This peer's id. */
  readonly self: string
  readonly namespace: string
  readonly verify: Network['verify']
  /** Signed deltas of others that this peer may hand on. */
  readonly signed: SignedDeltas
  /**
   * Replicas whose short names could not be told here: asked for from the beginning, with keys in full.
   */
  readonly unnamed: Set<string>
  /** How large messages may be, by how earlier ones fared. */
  readonly messageSizes: MessageSizes
  /** What was sent to peers that no version tells of. */
  readonly beyond: Beyond
  /** What other exchanges are bringing. */
  readonly underWay: UnderWay
  /** Whether a descent with a peer is worth while, given its root and our own. */
  readonly mayDescend: (peer: string, theirs: Hash64, ours: Hash64) => boolean
  /**
   * Whether an interval pull with a peer is worth while, given what its state comes to and our own:
   * after a fork, vectors can claim what no slot shows, and then never agree.
   */
  readonly mayPull: (peer: string, theirs: Hash64, ours: Hash64) => boolean
  /** An interval pull that began at these states has ended. */
  readonly pulled: (peer: string, theirs: Hash64, ours: Hash64) => void
  /** A descent that began at these roots has ended. */
  readonly descended: (peer: string, theirs: Hash64, ours: Hash64) => void
  /** Told of each join of what a peer has sent: forks, and slots of one's own that it brought. */
  readonly joined: (peer: string, joined: Joined) => void
  /** Compare by Merkle descent alone, and no version vectors: to measure it, and to test it. */
  readonly descendOnly?: boolean
}

/** How an exchange ended. */
export interface Outcome {
  kind: 'same' | 'exchanged' | 'descended' | 'busy'
  /** Slots sent to the peer. */
  sent: number
  /** Slots that the peer sent. */
  received: number
  /** Replicas whose slots the peer sent, and may not hand on. */
  refused: number
  /** All that the peer held has been asked for, and what came has been joined. */
  isWhole: boolean
  /** Operations that one side held and the other did not. */
  lag: number
  /** From the question to its answer; null on the answering side. */
  roundTripMs: number | null
  /** Our wall clock when we asked, and the peer's when it answered; null where it did not tell. */
  clocks: { readonly askedAt: number; readonly told: number } | null
  /** This replica's own operations that the peer holds after it; null where it did not tell. */
  holds: number | null
}
