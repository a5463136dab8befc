// Whether a member may vote: not before its id is proven, nor after it lost what it had voted for.

/**
 * The fault model is crash and restart with the disk intact. A member whose store may have gone back in
 * time could accept what it had accepted something beyond; so it holds back until it has exchanged in
 * full with a majority's number of other members: one of those has what it had told a majority of
 * (DESIGN section 6).
 */
export class Voting {
  readonly #others: readonly string[]
  readonly #majority: number
  readonly #caughtUp: () => void
  #isProven = false
  /** Members that it has exchanged with since it went back; undefined while it did not. */
  #caughtUpWith: Set<string> | undefined

  /** @param caughtUp told when it has made up for a store that went back */
  constructor(members: readonly string[], self: string, caughtUp: () => void = () => {}) {
    this.#caughtUp = caughtUp
    this.#others = members.filter((member) => member !== self)
    this.#majority = Math.floor(members.length / 2) + 1
  }

  get mayVote(): boolean {
    return this.#isProven && this.#caughtUpWith === undefined
  }

  /** The replica's id is proven, or it has gone on under another. */
  proven(): void {
    this.#isProven = true
  }

  /** The store may have gone back in time. */
  wentBack(): void {
    // The only member has nobody to ask: it is as far as any will ever be.
    if (this.#others.length > 0) this.#caughtUpWith = new Set()
  }

  /** All that `peer` holds has been compared with, and pulled. */
  exchanged(peer: string): void {
    if (!this.#others.includes(peer)) return
    this.#caughtUpWith?.add(peer)
    // With fewer others than a majority, all of them must do.
    const needed = Math.min(this.#majority, this.#others.length)
    if (this.#caughtUpWith !== undefined && this.#caughtUpWith.size >= needed) this.#endCatchingUp()
  }

  #endCatchingUp(): void {
    this.#caughtUpWith = undefined
    this.#caughtUp()
  }
}
