// Calls for a majority, or for all members: their time limits, and what their callers are told.
import { TallymeshError } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import type { ServiceCounts, StrongCounts } from './counts.ts'
import { limited } from './limited.ts'
import type { Membership } from './membership.ts'
import type { Need } from './proposal.ts'
import type { Quorum } from './quorum.ts'
import { QuorumUnavailableError } from './quorum-error.ts'
import type { Reading } from './proposal.ts'
import type { IncrementResult } from './types.ts'

/** How long a strong call may take, unless asked otherwise. */
const LIMIT_MS = 5000

export interface StrongCallsOptions {
  readonly clock: Clock
  readonly members: readonly string[]
  readonly membership: Pick<Membership, 'quorum' | 'reachNow' | 'whenProven'>
  /** Aborted when the service is to stop. */
  readonly stopping: AbortSignal
}

/** The caller's own bounds. */
export interface CallLimits {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

export class StrongCalls {
  readonly #options: StrongCallsOptions
  readonly counts: Record<keyof ServiceCounts['strong'], StrongCounts> = {
    read: { done: 0, failed: 0 },
    increment: { done: 0, failed: 0 },
  }

  constructor(options: StrongCallsOptions) {
    this.#options = options
  }

  /** @throws {QuorumUnavailableError} `ERR_QUORUM_UNAVAILABLE` */
  read(key: string, need: Need, limits: CallLimits): Promise<Reading> {
    return this.#run('read', limits, (quorum, limit) => quorum.read(key, need, limit))
  }

  /**
   * Increments, and has the members take what came of it.
   *
   * @param increment records it here
   * @throws {QuorumUnavailableError} `ERR_QUORUM_UNAVAILABLE`, `recorded`; what `increment` throws
   */
  async increment(
    need: Need,
    { signal, timeoutMs = LIMIT_MS }: CallLimits,
    increment: () => Promise<IncrementResult[]>,
  ): Promise<IncrementResult[]> {
    const { clock } = this.#options
    const startedAt = clock.now()
    const results = await increment()
    // The limit is the caller's, and what the disk took of it is gone.
    const leftMs = Math.max(0, timeoutMs - (clock.now() - startedAt))
    await this.#run('increment', { signal, timeoutMs: leftMs }, (quorum, limit) =>
      Promise.all(
        [...writersOf(results)].map(([key, replicas]) =>
          quorum.spread(key, need, limit, [...replicas]),
        ),
      ),
    )
    return results
  }

  async #run<T>(
    kind: keyof ServiceCounts['strong'],
    { signal, timeoutMs = LIMIT_MS }: CallLimits,
    work: (quorum: Quorum, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, members, membership, stopping } = this.#options
    const recorded = kind === 'increment'
    if (members.length === 0)
      throw new QuorumUnavailableError({ reached: [], missed: [], recorded })
    const counts = this.counts[kind]
    try {
      const result = await limited(clock, timeoutMs, [signal, stopping], async (limit) => {
        // What is provisional nobody else may see yet.
        await membership.whenProven(limit)
        return await work(membership.quorum, limit)
      })
      counts.done++
      return result
    } catch (cause) {
      counts.failed++
      if (cause instanceof TallymeshError && cause.code === 'ERR_STORE_WRITE') throw cause
      if (stopping.aborted && !recorded) throw stopping.reason
      // Who gave it up knows why; but must know, too, that it counted.
      const isOver = signal?.aborted === true && !isTimeout(signal.reason)
      if (isOver && !recorded) throw cause
      throw new QuorumUnavailableError({ ...membership.reachNow(), recorded }, { cause })
    }
  }
}

/** By key, the replicas that recorded what was asked for: others where it was a repeat. */
const writersOf = (results: readonly IncrementResult[]): Map<string, Set<string>> => {
  const writers = new Map<string, Set<string>>()
  for (const { key, replica } of results)
    writers.set(key, (writers.get(key) ?? new Set<string>()).add(replica))
  return writers
}

const isTimeout = (reason: unknown): boolean =>
  reason instanceof Error && reason.name === 'TimeoutError'
