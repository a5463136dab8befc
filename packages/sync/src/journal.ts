// Every change of state goes through here: drafted, stored, and only then seen.
import {
  TallymeshError,
  type Delta,
  type DistributedKeyCounter,
  nothingJoined,
  type Draft,
  type Integer,
  type Joined,
  type RequestHash,
  type Unit,
} from '@tallymesh/core'
import type { RecordCodec, ReplicaStore } from '@tallymesh/storage'
import { ClosedIntervals } from './closed-intervals.ts'
import type { CounterChange, IncrementResult } from './types.ts'

/** Writes that go into one commit at most, so that no caller waits for everyone who came after. */
const MAX_BATCH = 4096

/** An increment whose arguments were checked. */
export interface CheckedIncrement {
  readonly key: string
  readonly amount: Integer
  readonly hash: RequestHash | undefined
}

/** A whole unit from outside the protocol: a merge, an import. */
export interface ForeignUnit {
  readonly replica: string
  readonly key: string
  readonly unit: Unit
}

/** What a write needs to be told of its commit. */
interface Write {
  /** Who changed what it changes: a peer, or `'local'`. */
  readonly origin: string
  /** Increments go before joins in a draft. */
  readonly isJoin: boolean
  /** Puts it into a draft of its own, or throws. */
  draft(draft: Draft): void
  /** It is durable, and in the state. */
  done(): void
  failed(error: unknown): void
}

export interface JournalEvents {
  /** The state has moved, durably. */
  committed(): void
  changed(change: CounterChange): void
  /** The store refused a commit, or takes them again (null). */
  trouble(error: Error | null): void
}

/**
 * Group commit: what arrives while one commit is under way goes into the next together.
 *
 * The counter's state is what the store holds, at every moment: a refused commit changes nothing, and
 * nothing that a crash could take back is ever read, published or answered (DESIGN section 4, 2).
 */
export class Journal {
  readonly #counter: DistributedKeyCounter
  readonly #store: ReplicaStore
  readonly #codec: RecordCodec
  readonly #events: JournalEvents
  /** Joined, though the version vector does not tell of it yet. */
  readonly closed: ClosedIntervals = new ClosedIntervals()
  #queue: Write[] = []
  #running: Promise<void> | undefined
  #stopped = false
  #inTrouble = false

  /** @param codec the one that has read the store */
  constructor(
    counter: DistributedKeyCounter,
    store: ReplicaStore,
    codec: RecordCodec,
    events: JournalEvents,
  ) {
    this.#counter = counter
    this.#store = store
    this.#codec = codec
    this.#events = events
  }

  /** Records increments in one atomic commit: all or none. */
  increment(increments: readonly CheckedIncrement[]): Promise<IncrementResult[]> {
    const { promise, resolve, reject } = Promise.withResolvers<IncrementResult[]>()
    let results: IncrementResult[] = []
    this.#enqueue({
      origin: 'local',
      isJoin: false,
      draft: (draft) => {
        results = draftIncrements(draft, increments)
      },
      done: () => resolve(results),
      failed: reject,
    })
    return promise
  }

  /** Joins deltas that came from `origin`. */
  join(deltas: readonly Delta[], origin: string): Promise<Joined> {
    return this.#join(origin, (draft, joined) => {
      for (const delta of deltas) draft.join(delta, joined)
    })
  }

  /** Joins whole units that came from `origin`. */
  joinWhole(units: readonly ForeignUnit[], origin: string): Promise<Joined> {
    return this.#join(origin, (draft, joined) => {
      for (const { replica, key, unit } of units) draft.joinWhole(replica, key, unit, joined)
    })
  }

  /** Finishes what was accepted, and takes nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  #join(origin: string, work: (draft: Draft, joined: Joined) => void): Promise<Joined> {
    const { promise, resolve, reject } = Promise.withResolvers<Joined>()
    const joined = nothingJoined()
    this.#enqueue({
      origin,
      isJoin: true,
      draft: (draft) => work(draft, joined),
      done: () => resolve(joined),
      failed: reject,
    })
    return promise
  }

  #enqueue(write: Write): void {
    if (this.#stopped)
      return write.failed(new TallymeshError('ERR_STOPPED', 'the service has been stopped'))
    this.#queue.push(write)
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // Let what else the callers do in this turn come along.
    await Promise.resolve()
    try {
      while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, MAX_BATCH))
    } finally {
      // Also where a listener of the events threw: what comes after is committed all the same.
      this.#running = undefined
    }
  }

  async #commit(batch: readonly Write[]): Promise<void> {
    const draft = this.#counter.draft()
    const origins = new Map<string, string>()
    const drafted = [
      ...batch.filter(({ isJoin }) => !isJoin),
      ...batch.filter(({ isJoin }) => isJoin),
    ].filter((write) => draftOne(draft, write, origins))
    try {
      await this.#save(draft)
    } catch (error) {
      for (const write of drafted) write.failed(error)
      return
    }
    const changes = this.#apply(draft, origins)
    for (const write of drafted) write.done()
    if (changes.length > 0) this.#events.committed()
    for (const change of changes) this.#events.changed(change)
  }

  async #save(draft: Draft): Promise<void> {
    if (draft.isEmpty) return
    const batch = this.#codec.encode(draft.changes())
    try {
      await this.#store.commit(batch)
    } catch (cause) {
      const error = asStoreError(cause)
      this.#inTrouble = true
      this.#events.trouble(error)
      throw error
    }
    this.#codec.saved(batch)
    if (this.#inTrouble) this.#events.trouble(null)
    this.#inTrouble = false
  }

  #apply(draft: Draft, origins: ReadonlyMap<string, string>): CounterChange[] {
    const before = [...origins.keys()].map((key) => this.#counter.getValue(key))
    draft.apply()
    return [...origins].map(([key, origin], i) => ({
      key,
      value: this.#counter.getValue(key),
      previous: before[i]!,
      ops: this.#counter.getOps(key),
      origin,
    }))
  }
}

const draftIncrements = (
  draft: Draft,
  increments: readonly CheckedIncrement[],
): IncrementResult[] =>
  increments.map(({ key, amount, hash }) => {
    const recorded = draft.increment(key, amount, hash)
    return { key, value: BigInt(draft.value(key)), ops: draft.ops(key), ...recorded }
  })

/**
 * Drafts a write whole, in a draft of its own, and notes the keys that it changes. A write that can
 * not be drafted leaves no trace, and is told so at once.
 */
const draftOne = (draft: Draft, write: Write, origins: Map<string, string>): boolean => {
  try {
    const own = draft.draft()
    write.draft(own)
    for (const key of own.changedKeys()) origins.set(key, write.origin)
    own.apply()
    return true
  } catch (error) {
    write.failed(error)
    return false
  }
}

const asStoreError = (cause: unknown): TallymeshError =>
  cause instanceof TallymeshError
    ? cause
    : new TallymeshError('ERR_STORE_WRITE', 'the store refused a commit; nothing was recorded', {
        cause,
      })
