// Every change of state goes through here: drafted, stored, and only then seen.
import {
  TallymeshError,
  type Authorship,
  type Delta,
  type DistributedKeyCounter,
  type Floor,
  type Draft,
  type Joined,
  type Unit,
} from '@tallymesh/core'
import type { RecordCodec, ReplicaStore, StoreBatch } from '@tallymesh/storage'
import type { Random } from './clock.ts'
import { ClosedIntervals } from './closed-intervals.ts'
import { coverOf, type CheckedIncrement } from './cover.ts'
import {
  encodeIdentity,
  firstIdentity,
  freshEpoch,
  IDENTITY,
  isProvisional,
  type Identity,
} from './identity.ts'
import { isSheltered, passed, shelter } from './shelter.ts'
import { isFloor, ownerOfFloor } from './floor-names.ts'
import { peerOf } from './handing-on.ts'
import type { CounterChange, IncrementResult } from './types.ts'
import { Count, Join, originsOf, planOf, type Plan, type Tally } from './writes.ts'

/** Writes that go into one commit at most, so that no caller waits for everyone who came after. */
const MAX_BATCH = 4096

/** A unit or a floor that comes alone: of a merge, an import, a proposal. */
export interface ForeignUnit {
  readonly replica: string
  readonly key: string
  readonly unit: Unit | Floor
}

/** What is done between two commits, alone. */
type Turn = () => Promise<void>

/** Why a replica goes on under a new epoch. */
export interface Renewal {
  readonly epoch: string
  readonly reason: string
  /** Its store may have gone back in time. */
  readonly isRollback: boolean
}

type Cause = Omit<Renewal, 'epoch'>

/** Someone else has written under this replica's id. */
const OVERTAKEN: Cause = {
  reason: 'slots of its own came in that it had not written',
  isRollback: true,
}

export interface JournalEvents {
  /** The state has moved, durably. */
  committed(): void
  /** Whether `changed` is to be told: it is, if left out. */
  wantsChanges?: (() => boolean) | undefined
  changed(change: CounterChange): void
  /** The store refused a commit, or takes them again (null). */
  trouble(error: Error | null): void
  /** The replica goes on under a new epoch. */
  renewed(renewal: Renewal): void
  /** What was counted provisionally has become part of the replica's id. */
  folded(): void
}

export interface JournalOptions {
  readonly counter: DistributedKeyCounter
  readonly store: ReplicaStore
  /** The one that has read the store. */
  readonly codec: RecordCodec
  readonly random: Random
  readonly events: JournalEvents
  /** What the store has kept; that of a peer that never wrote if left out. */
  readonly identity?: Identity | undefined
  /** What the next commit is to write besides. */
  readonly owed?: StoreBatch | undefined
}

const NOTHING: StoreBatch = { put: [], delete: [] }

/**
 * Group commit: what arrives while one commit is under way goes into the next together.
 *
 * The counter's state is what the store holds, at every moment: a refused commit changes nothing, and
 * nothing that a crash could take back is ever read, published or answered (DESIGN section 4, 2).
 *
 * It is also where the replica changes the id that it writes under: between two commits, or in the one
 * that shows that it must.
 */
export class Journal {
  readonly #counter: DistributedKeyCounter
  readonly #store: ReplicaStore
  readonly #codec: RecordCodec
  readonly #random: Random
  readonly #events: JournalEvents
  /** Joined, though the version vector does not tell of it yet. */
  readonly closed: ClosedIntervals = new ClosedIntervals()
  readonly tally: Tally = { recorded: 0, duplicate: 0, refused: 0 }
  #identity: Identity
  #owed: StoreBatch
  /** Why it must go on under a new epoch, which the store has not taken yet. */
  #due: Cause | undefined
  #turns: Turn[] = []
  #queue: (Count | Join)[] = []
  #running: Promise<void> | undefined
  #stopped = false
  #inTrouble = false

  constructor({ counter, store, codec, random, events, identity, owed = NOTHING }: JournalOptions) {
    this.#counter = counter
    this.#store = store
    this.#codec = codec
    this.#random = random
    this.#events = events
    this.#identity = identity ?? firstIdentity(counter.replica)
    this.#owed = owed
  }

  /** Records increments in one atomic commit: all or none. */
  increment(increments: readonly CheckedIncrement[]): Promise<IncrementResult[]> {
    return new Promise((resolve, reject) =>
      this.#enqueue(new Count(increments, this.tally, resolve, reject)),
    )
  }

  /** Records an increment. */
  incrementOne(increment: CheckedIncrement): Promise<IncrementResult> {
    return new Promise((resolve, reject) =>
      this.#enqueue(new Count([increment], this.tally, (results) => resolve(results[0]!), reject)),
    )
  }

  /** Joins deltas that came from `origin`. */
  join(deltas: readonly Delta[], origin: string): Promise<Joined> {
    return this.#join(origin, (draft, joined) => {
      for (const delta of deltas) draft.join(delta, joined)
    })
  }

  /** Joins units that came from `origin`; those whose earlier requests are not here are left out. */
  joinUnits(units: readonly ForeignUnit[], origin: string): Promise<Joined> {
    return this.#join(origin, (draft, joined) => {
      for (const { replica, unit } of units)
        if (isFloor(unit)) draft.joinFloor(ownerOfFloor(replica) ?? replica, unit, joined)
      for (const { replica, key, unit } of units) {
        if (isFloor(unit)) continue
        // Without what goes before, a part of a slot can not be joined.
        const held = unit.requestsSince === 0 ? 0 : (draft.slot(replica, key)?.seq ?? 0)
        if (held >= unit.requestsSince) draft.joinWhole(replica, key, unit, joined)
      }
    })
  }

  /** Resolves when all that was accepted up to now has been stored, or refused. */
  settled(): Promise<void> {
    // Nothing, in the commit of all that waits.
    const settled = (): void => {}
    return this.#join('local', () => {}).then(settled, settled)
  }

  /**
   * It is proven that nobody knows more of `epoch` than this store: what was counted provisionally
   * becomes the epoch's. Nothing is done where the replica has gone on under another meanwhile.
   *
   * @throws {TallymeshError} what the store throws; nothing has changed then
   */
  fold(epoch: string): Promise<void> {
    return this.#take(async () => {
      const { authorship } = this.#counter
      if (this.#due !== undefined) await this.#renew(this.#due)
      else if (authorship.epoch === epoch) await this.#fold(epoch)
      if (this.#due !== undefined)
        throw new TallymeshError('ERR_STORE_WRITE', 'the store has not taken the new epoch yet')
    })
  }

  /** Goes on under a new epoch, and shows what was counted provisionally. */
  renew(epoch: string, reason: string, isRollback: boolean): Promise<void> {
    return this.#take(async () => {
      const { authorship } = this.#counter
      if (authorship.epoch === epoch) await this.#renew({ reason, isRollback })
    })
  }

  /**
   * The replica has exchanged with enough other members since its store went back in time.
   *
   * @throws {TallymeshError} what the store throws; it is to be told again then, or after a restart
   */
  caughtUp(): Promise<void> {
    return this.#take(async () => {
      const { isCatchingUp } = this.#identity
      if (isCatchingUp)
        await this.#save(this.#counter.draft(), { ...this.#identity, isCatchingUp: false })
    })
  }

  /**
   * Lets go of the replica's own request records up to an operation, where it still writes under `epoch`.
   *
   * @returns whether it does
   * @throws {TallymeshError} what the store throws; nothing has changed then
   */
  async moveFloor(epoch: string, upTo: number): Promise<boolean> {
    let isOwn = false
    await this.#take(async () => {
      const { authorship } = this.#counter
      isOwn = authorship.writer === epoch && this.#due === undefined
      if (!isOwn) return
      const draft = this.#counter.draft()
      const { sheltered } = this.#identity
      if (!draft.moveFloor(upTo, (seq) => isSheltered(sheltered, seq))) return
      await this.#save(draft, passed(this.#identity, upTo))
      draft.apply()
      this.#events.committed()
    })
    return isOwn
  }

  /** Keeps a record that is no part of the counters. */
  note(name: string, payload: Uint8Array): Promise<void> {
    return this.#take(() => {
      const record = this.#codec.encodeMeta(name, payload)
      const rest = this.#owed.put.filter(({ id }) => id !== record.id)
      this.#owed = { ...this.#owed, put: [...rest, record] }
      return this.#save(this.#counter.draft(), this.#identity)
    })
  }

  /** Writes what is owed, where anything is. */
  settleOwed(): Promise<void> {
    return this.#take(() => this.#save(this.#counter.draft(), this.#identity))
  }

  /** Finishes what was accepted, and takes nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  #join(origin: string, work: (draft: Draft, joined: Joined) => void): Promise<Joined> {
    const { promise, resolve, reject } = Promise.withResolvers<Joined>()
    this.#enqueue(new Join(origin, work, resolve, reject))
    return promise
  }

  #enqueue(write: Count | Join): void {
    if (this.#stopped) return write.failed(stopped())
    this.#queue.push(write)
    // A join goes at once: what a peer has sent is whole, and others wait for it to be seen.
    this.#start(write instanceof Count)
  }

  /** Does `turn` alone, before the writes that wait. */
  #take(turn: Turn): Promise<void> {
    if (this.#stopped) return Promise.reject(stopped())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const task = (): Promise<void> => turn().then(resolve, reject)
    this.#turns.push(task)
    this.#start(true)
    return promise
  }

  #start(isPatient: boolean): void {
    if (this.#running !== undefined) return
    // From here on it runs, also while the first commit is being drafted.
    this.#running = Promise.resolve()
    this.#running = this.#run(isPatient)
  }

  async #run(isPatient: boolean): Promise<void> {
    // Let what else the callers do in this turn come along.
    if (isPatient) await Promise.resolve()
    try {
      while (this.#turns.length + this.#queue.length > 0) {
        const turn = this.#turns.shift()
        await (turn === undefined ? this.#commit(this.#queue.splice(0, MAX_BATCH)) : turn())
      }
    } finally {
      // Also where a listener of the events threw: what comes after is committed all the same.
      this.#running = undefined
    }
  }

  // Commits

  async #commit(batch: readonly (Count | Join)[]): Promise<void> {
    const { authorship } = this.#counter
    const plan = this.#draft(batch, authorship)
    const why = plan.joins.some(({ isOvertaking }) => isOvertaking) ? OVERTAKEN : this.#due
    if (why !== undefined) await this.#commitAnew([...plan.counts, ...plan.joins], why)
    else await this.#keep(plan, this.#identityFor(plan, authorship), () => this.#finish(plan))
  }

  /** What comes from here goes under a new id, which nobody sees before the store has it. */
  async #commitAnew(batch: readonly (Count | Join)[], why: Cause): Promise<void> {
    const due = this.#due === undefined || why.isRollback ? why : this.#due
    this.#due = due
    const next = this.#nextAuthorship()
    const plan = this.#draft(batch, next)
    const isCatchingUp = due.isRollback || this.#identity.isCatchingUp
    const sheltered = this.#shelteredAs(next.epoch)
    const identity = { epoch: next.epoch, provisional: [], isCatchingUp, sheltered }
    await this.#keep(plan, identity, () => {
      this.#due = undefined
      this.#finish(plan, () => this.#goOnAs(next))
      this.#events.committed()
      this.#events.renewed({ epoch: next.epoch, ...due })
    })
  }

  #draft(batch: readonly (Count | Join)[], authorship: Authorship): Plan {
    const plan = planOf(batch, () => this.#counter.draft(authorship))
    if (isProvisional(authorship))
      for (const { key, record } of coverOf(plan.counts, this.#random))
        plan.draft.cover(key, record)
    return plan
  }

  /** With a provisional epoch as soon as something was written under it. */
  #identityFor({ counts }: Plan, authorship: Authorship): Identity {
    const { provisional } = this.#identity
    const { writer } = authorship
    const isKnown = !isProvisional(authorship) || provisional.includes(writer)
    return isKnown || !counts.some(({ hasWritten }) => hasWritten)
      ? this.#identity
      : { ...this.#identity, provisional: [...provisional, writer] }
  }

  /** Where the store refuses, all writes are told so. */
  async #keep(plan: Plan, identity: Identity, kept: () => void): Promise<void> {
    let isKept = false
    try {
      await this.#save(plan.draft, identity, () => {
        isKept = true
        kept()
      })
    } catch (error) {
      if (isKept) throw error
      for (const write of [...plan.counts, ...plan.joins]) write.failed(error)
    }
  }

  /** @param kept called in the turn in which the store has taken it: each turn more is time lost */
  async #save(draft: Draft, identity: Identity, kept: () => void = () => {}): Promise<void> {
    const owed = this.#identity === identity ? this.#owed : this.#owedWith(identity)
    if (draft.isEmpty && owed.put.length + owed.delete.length === 0) return kept()
    const batch = this.#codec.encode(draft.changes(), owed)
    try {
      await this.#store.commit(batch)
    } catch (cause) {
      const error = asStoreError(cause)
      this.#inTrouble = true
      this.#events.trouble(error)
      throw error
    }
    this.#codec.saved(batch)
    this.#identity = identity
    this.#owed = NOTHING
    if (this.#inTrouble) this.#events.trouble(null)
    this.#inTrouble = false
    kept()
  }

  #owedWith(identity: Identity): StoreBatch {
    const record = this.#codec.encodeMeta(IDENTITY, encodeIdentity(identity))
    const rest = this.#owed.put.filter(({ id }) => id !== record.id)
    return { put: [...rest, record], delete: this.#owed.delete }
  }

  #finish(plan: Plan, applied: () => void = () => {}): void {
    const { draft, counts, joins } = plan
    const hasMoved = !draft.isEmpty
    const changes = this.#wantsChanges() ? this.#changesOf(plan) : []
    draft.apply()
    applied()
    for (const count of counts) count.done()
    for (const join of joins) join.done()
    if (hasMoved) this.#events.committed()
    for (const change of changes) this.#events.changed(change())
  }

  #wantsChanges(): boolean {
    return this.#events.wantsChanges?.() ?? true
  }

  /** What changes with a plan: to be asked before it is applied, and then each made after. */
  #changesOf(plan: Plan): (() => CounterChange)[] {
    const counter = this.#counter
    return Array.from(originsOf(plan), ([key, origin]) => {
      const previous = counter.getValue(key)
      return () => {
        return { key, value: counter.getValue(key), previous, ops: counter.getOps(key), origin }
      }
    })
  }

  // Epochs

  async #fold(epoch: string): Promise<void> {
    const next = { writer: epoch, epoch }
    const { provisional } = this.#identity
    if (provisional.length === 0) {
      this.#counter.writeAs(next)
      return this.#events.folded()
    }
    const draft = this.#counter.draft(next)
    const before = draft.lastSeq(epoch)
    try {
      for (const replica of provisional) draft.fold(this.#counter.deltaSince(replica, 0), epoch)
    } catch (error) {
      // A total has no room for what was counted beside it: an id of its own has.
      const reason = error instanceof Error ? error.message : 'it could not be folded'
      return this.#renew({ reason, isRollback: false })
    }
    const sheltered = shelter(this.#identity.sheltered, before, draft.lastSeq(epoch))
    await this.#save(draft, { ...this.#identity, epoch, provisional: [], sheltered })
    draft.apply()
    this.#counter.writeAs(next)
    this.#events.committed()
    this.#events.folded()
  }

  /** Where the store refuses, the next commit tries again: nothing more is written under the old id. */
  async #renew(why: Cause): Promise<void> {
    await this.#commitAnew([], why)
  }

  /** What was provisional is fit to be seen; else a fresh one. */
  #nextAuthorship(): Authorship {
    const { authorship } = this.#counter
    const epoch = isProvisional(authorship)
      ? authorship.writer
      : freshEpoch(peerOf(authorship.epoch), this.#random, this.#counter)
    return { writer: epoch, epoch }
  }

  /** All that was written under an epoch while it was provisional. */
  #shelteredAs(epoch: string): Identity['sheltered'] {
    return shelter([], 0, this.#counter.lastSeq(epoch))
  }

  #goOnAs(next: Authorship): void {
    for (const replica of this.#counter.hidden()) this.#counter.reveal(replica)
    this.#counter.writeAs(next)
  }
}

const asStoreError = (cause: unknown): TallymeshError =>
  cause instanceof TallymeshError
    ? cause
    : new TallymeshError('ERR_STORE_WRITE', 'the store refused a commit; nothing was recorded', {
        cause,
      })

const stopped = (): TallymeshError =>
  new TallymeshError('ERR_STOPPED', 'the service has been stopped')
