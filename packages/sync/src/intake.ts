// What peers bring that is new here: keys and replica ids are never forgotten, so they are counted first.
import { TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { pause } from './pause.ts'
import type { Charge } from './allowances.ts'
import type { PeerLimits } from './peer-limits.ts'

/** Slots of one replica, so far as it matters here: a delta is one. */
export interface Brought {
  readonly replica: string
  /** Without a key where it goes by its short name, and so is known. */
  readonly units: readonly { readonly key?: string | undefined }[]
}

export interface IntakeOptions {
  readonly counter: DistributedKeyCounter
  readonly clock: Clock
  /** None: all is taken. */
  readonly limits?: PeerLimits | undefined
  /** Aborted when the service is to stop. */
  readonly stopping: AbortSignal
}

export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /**
   * Lets a peer wait for as long as it owes for what it brings.
   *
   * @throws {TallymeshError} `ERR_PROTOCOL` where that is too much: none of it is to be joined
   */
  async admit(peer: string, brought: readonly Brought[]): Promise<void> {
    const { limits, clock, stopping } = this.#options
    if (limits === undefined) return
    const found = this.#newIn(brought)
    const waits = CHARGES.map((charge) =>
      found[charge] === 0 ? 0 : limits.take(peer, charge, found[charge]),
    )
    const waitMs = Math.max(...waits)
    if (waitMs === Infinity) throw passedLimits(peer)
    if (waitMs > 0) await pause(clock, waitMs, stopping)
  }

  /** A peer has sent what no honest program sends. */
  noteWrong(peer: string): void {
    this.#options.limits?.take(peer, 'wrong', 1)
  }

  /** Whether gossip of an author is taken: what is left out is pulled, at the pace of `admit`. */
  mayHear(author: string, delta: Brought): boolean {
    const { limits } = this.#options
    if (limits === undefined) return true
    const found = this.#newIn([delta])
    return CHARGES.every(
      (charge) => found[charge] === 0 || limits.mayTake(author, charge, found[charge]),
    )
  }

  #newIn(brought: readonly Brought[]): Record<(typeof CHARGES)[number], number> {
    const { counter } = this.#options
    const keys = new Set<string>()
    const replicas = new Set<string>()
    for (const { replica, units } of brought) {
      if (units.length > 0 && counter.lastSeq(replica) === 0) replicas.add(replica)
      for (const { key } of units) if (key !== undefined && counter.getOps(key) === 0) keys.add(key)
    }
    return { keys: keys.size, replicas: replicas.size }
  }
}

const CHARGES = ['keys', 'replicas'] as const satisfies readonly Charge[]

export const passedLimits = (peer: string): TallymeshError =>
  new TallymeshError('ERR_PROTOCOL', `${peer} passed its limits, and is turned away for a time`)
