// Signed deltas of others, kept to be handed on.
import type { VersionVector } from '@tallymesh/core'
import { readSigned, type SignedDelta } from './signed-delta.ts'

/** Replicas of which a delta is kept: a tab takes up the identities of one browser, not of a crowd. */
const MAX_REPLICAS = 64

interface Kept {
  readonly from: number
  readonly to: number
  readonly delta: SignedDelta
}

/** The latest delta of each replica. A cache: whoever handed one in still has what it is made from. */
export class SignedDeltas {
  readonly #byReplica = new Map<string, Kept>()

  /**
   * Keeps a delta, unless a later one of its replica is kept.
   *
   * @throws {TallymeshError} `ERR_MALFORMED` for bytes that are no delta
   */
  keep(delta: SignedDelta): void {
    const { replica, from, to } = readSigned(delta.bytes)
    const kept = this.#byReplica.get(replica)
    if (kept !== undefined && kept.to >= to) return
    this.#byReplica.delete(replica)
    if (this.#byReplica.size >= MAX_REPLICAS)
      this.#byReplica.delete(this.#byReplica.keys().next().value!)
    this.#byReplica.set(replica, { from, to, delta })
  }

  /**
   * What a peer with the version vector `theirs` lacks and can join, of replicas whose slots are not
   * sent without a signature anyway.
   */
  missing(theirs: VersionVector, isSentUnsigned: (replica: string) => boolean): SignedDelta[] {
    return [...this.#byReplica]
      .filter(([replica, { from, to }]) => {
        const seq = theirs.get(replica) ?? 0
        return !isSentUnsigned(replica) && from <= seq && seq < to
      })
      .map(([, { delta }]) => delta)
  }
}
