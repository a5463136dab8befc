// The error of a strong call that found no majority in time.
import { TallymeshError } from '@tallymesh/core'

export interface QuorumErrorDetails {
  /** Members in reach, this peer included where it is one. */
  readonly reached: readonly string[]
  /** Members that were not. */
  readonly missed: readonly string[]
  /**
   * True where the call's increments are in this replica's own store: they spread all the same, and a
   * retry with the same request ids is safe.
   */
  readonly recorded: boolean
}

/** `ERR_QUORUM_UNAVAILABLE`, with who was reached and who was not. */
export class QuorumUnavailableError extends TallymeshError implements QuorumErrorDetails {
  readonly reached: readonly string[]
  readonly missed: readonly string[]
  readonly recorded: boolean

  constructor({ reached, missed, recorded }: QuorumErrorDetails, options?: ErrorOptions) {
    const all = reached.length + missed.length
    const others =
      missed.length === 0 ? 'but they did not agree in time' : `out of reach: ${missed.join(', ')}`
    super(
      'ERR_QUORUM_UNAVAILABLE',
      all === 0
        ? 'no members are configured, so nobody can vote; start the peers with the list of members'
        : `${reached.length} of ${all} members in reach; ${others}` +
            (recorded ? '. The increment is recorded here, and will spread' : ''),
      options,
    )
    this.name = 'QuorumUnavailableError'
    this.reached = reached
    this.missed = missed
    this.recorded = recorded
  }
}
