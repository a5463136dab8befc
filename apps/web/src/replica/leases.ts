// Who holds which identity of a pool: the part of it that browsers do differently.

/** An identity held by this tab alone, till it is released, lost, or the tab is gone. */
export interface Lease {
  readonly number: number
  /** Aborted when another tab has taken it: this one slept, or had no turn for minutes. */
  readonly lost: AbortSignal
  readonly release: () => void
}

export interface Leases {
  /** After so many ms an identity is free whose tab went without releasing it. Zero: at once. */
  readonly lapseMs: number
  /** Takes the first of these identities that nobody holds. */
  takeFirst(numbers: readonly number[]): Promise<Lease | undefined>
  /** Takes one that this very tab held before a reload: its end may be a moment away. */
  takeAgain(number: number): Promise<Lease | undefined>
  /** Notes that this tab holds it: it was made just now. Undefined where another was quicker. */
  hold(number: number): Promise<Lease | undefined>
  /** Runs `work` while no other tab makes an identity, or takes up those that are left. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** Ends what runs for it, and releases what is held. */
  close(): void
}
