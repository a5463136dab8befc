// What waits for a commit: increments of one call, and joins of what came in one go.
import { nothingJoined, type Draft, type Joined } from '@tallymesh/core'
import type { CheckedIncrement } from './cover.ts'
import type { IncrementResult } from './types.ts'

/** What became of increments since the start. */
export interface Tally {
  recorded: number
  duplicate: number
  refused: number
}

/** Increments that are recorded all or none. */
export class Count {
  readonly increments: readonly CheckedIncrement[]
  readonly #tally: Tally
  /** What they became in the last draft. */
  results: IncrementResult[] = []
  readonly #resolve: (results: IncrementResult[]) => void
  readonly #reject: (error: unknown) => void

  constructor(
    increments: readonly CheckedIncrement[],
    tally: Tally,
    resolve: (results: IncrementResult[]) => void,
    reject: (error: unknown) => void,
  ) {
    this.increments = increments
    this.#tally = tally
    this.#resolve = resolve
    this.#reject = reject
  }

  /** @throws {TallymeshError} where one can not be recorded; the draft is as before then */
  draft(draft: Draft): void {
    const { increments } = this
    // One alone changes nothing where it throws.
    if (increments.length === 1) this.results = [countOne(draft, increments[0]!)]
    else this.results = draft.whole(() => increments.map((one) => countOne(draft, one)))
  }

  /** They are durable, and in the state. */
  done(): void {
    for (const { duplicate } of this.results) this.#tally[duplicate ? 'duplicate' : 'recorded']++
    this.#resolve(this.results)
  }

  failed(error: unknown): void {
    this.#tally.refused += this.increments.length
    this.#reject(error)
  }

  get hasWritten(): boolean {
    return this.results.some(({ duplicate }) => !duplicate)
  }
}

const countOne = (draft: Draft, { key, amount, hash }: CheckedIncrement): IncrementResult => {
  const { replica, seq, duplicate } = draft.increment(key, amount, hash)
  return { key, value: BigInt(draft.value(key)), ops: draft.ops(key), replica, seq, duplicate }
}

export class Join {
  /** Whose changes these are: a peer, or `'local'`. */
  readonly origin: string
  readonly joined: Joined = nothingJoined()
  readonly #work: (draft: Draft, joined: Joined) => void
  readonly #resolve: (joined: Joined) => void
  readonly failed: (error: unknown) => void

  constructor(
    origin: string,
    work: (draft: Draft, joined: Joined) => void,
    resolve: (joined: Joined) => void,
    reject: (error: unknown) => void,
  ) {
    this.origin = origin
    this.#work = work
    this.#resolve = resolve
    this.failed = reject
  }

  draft(draft: Draft): void {
    this.#work(draft, this.joined)
  }

  done(): void {
    this.#resolve(this.joined)
  }

  /** It holds what this replica's own id has not written, or what nobody was to see. */
  get isOvertaking(): boolean {
    return this.joined.overtaken || this.joined.revealed.size > 0
  }
}

/** What goes into one commit. */
export interface Plan {
  readonly draft: Draft
  readonly counts: readonly Count[]
  readonly joins: readonly Join[]
  /** Keys whose values change by a floor, and by whose. */
  readonly recounted: ReadonlyMap<string, string>
}

/**
 * Drafts writes, increments first. One that can not be drafted leaves no trace, and is told so at once.
 *
 * @param begin makes an empty draft
 */
export const planOf = (batch: readonly (Count | Join)[], begin: () => Draft): Plan => {
  const draft = begin()
  const counts = batch
    .filter((write) => write instanceof Count)
    .filter((count) => isDrafted(draft, count))
  const recounted = new Map<string, string>()
  const joins = batch.filter((write) => write instanceof Join)
  for (const join of joins) {
    // None does, as things stand; but then it has left a part of itself, and all is drafted anew.
    if (!isDrafted(draft, join)) {
      const others = [...counts, ...joins.filter((other) => other !== join)]
      return planOf(others, begin)
    }
    if (draft.recounted.size > recounted.size)
      for (const key of draft.recounted) if (!recounted.has(key)) recounted.set(key, join.origin)
  }
  return { draft, counts, joins, recounted }
}

const isDrafted = (draft: Draft, write: Count | Join): boolean => {
  try {
    write.draft(draft)
    return true
  } catch (error) {
    write.failed(error)
    return false
  }
}

/** Who changes which key: of several, the last. */
export const originsOf = ({ counts, joins, recounted }: Plan): Map<string, string> => {
  const origins = new Map<string, string>()
  for (const { results } of counts)
    for (const { key, duplicate } of results) if (!duplicate) origins.set(key, 'local')
  for (const [key, origin] of recounted) origins.set(key, origin)
  for (const { origin, joined } of joins) for (const key of joined.changed) origins.set(key, origin)
  return origins
}
