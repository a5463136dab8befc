// The engine, broken on purpose: each must be found, or the checkers can not fail.
import type { FaultName } from './faults.ts'

export interface Mutation {
  readonly name: string
  /** Below `packages/`. */
  readonly file: string
  /** A piece of the source that stands there exactly once. */
  readonly source: string
  readonly becomes: string
  /** The faults to choose from; all if left out. */
  readonly faults?: readonly FaultName[]
  /** Whether clients ask for a majority. */
  readonly isStrong?: boolean
  /** Whether request ids are forgotten soon. */
  readonly forgets?: boolean
}

/** Few faults, so that runs are short, and most of them try what is broken. */
const ROLLBACKS = ['restored-disk'] as const
const APART = ['restored-disk', 'partition'] as const
const COPIES = ['copied-disk'] as const
const CUTS = ['partition', 'one-way-partition', 'slow-disk', 'restart'] as const

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'drop the gap check',
    file: 'core/src/join.ts',
    source: 'from <= state.version(replica) ?',
    becomes: 'true ?',
  },
  {
    name: 'skip the durable wait',
    file: 'sync/src/journal.ts',
    source: 'await this.#store.commit(batch)',
    becomes: 'this.#store.commit(batch).catch(() => undefined)',
  },
  {
    name: 'join by last arrival',
    file: 'core/src/join.ts',
    source: 'if (held !== undefined && whole.seq < held.seq) return',
    becomes: '',
  },
  {
    name: 'move the version vector with every chunk',
    file: 'sync/src/transfer.ts',
    source: 'to: from, units: part',
    becomes: 'to: part.at(-1)?.seq ?? from, units: part',
  },
  {
    name: 'join a slot without its request records',
    file: 'core/src/join.ts',
    source: 'total, requests, requestsSince: from }',
    becomes: 'total, requests: [], requestsSince: from }',
  },
  {
    name: 'publish before it is durable',
    file: 'sync/src/journal.ts',
    source:
      'else await this.#keep(plan, this.#identityFor(plan, authorship), () => this.#finish(plan))',
    becomes:
      'else { this.#finish(plan); await this.#keep(plan, this.#identityFor(plan, authorship), () => {}) }',
  },
  {
    name: 'never exchange when a peer comes back',
    file: 'sync/src/replicator.ts',
    source: 'if (peer !== undefined) this.#queue.want(peer)',
    becomes: '',
  },
  {
    name: 'take what was held before for a gap in what came now',
    file: 'core/src/held-deltas.ts',
    source: 'if (!hadGap) joined.gaps.delete(delta.replica)',
    becomes: '',
    faults: ['slow-link', 'loss', 'reordering', 'delay', 'partition'],
  },
  {
    name: 'continue an id whatever the members know of it',
    file: 'sync/src/verification.ts',
    source: 'seq > counter.lastSeq(epoch)',
    becomes: 'false',
    faults: ROLLBACKS,
  },
  {
    name: 'continue an id that another process holds',
    file: 'sync/src/verification.ts',
    source: 'if (isHeld)',
    becomes: 'if (false)',
    faults: COPIES,
  },
  {
    name: 'continue an id though a member is out of reach',
    file: 'sync/src/verification.ts',
    source: 'members.every((other) => this.#fine.has(other))',
    becomes: 'this.#fine.size > 0',
    faults: ROLLBACKS,
  },
  {
    name: 'leave out the records beside what is counted provisionally',
    file: 'sync/src/journal.ts',
    source: 'coverOf(plan.counts, this.#random)',
    becomes: '[]',
    faults: ROLLBACKS,
  },
  {
    name: 'go on under an id of which others know more than was written here',
    file: 'sync/src/journal.ts',
    source: 'plan.joins.some(({ isOvertaking }) => isOvertaking)',
    becomes: 'false',
    faults: APART,
  },
  {
    name: 'show a provisional epoch',
    file: 'core/src/replica-table.ts',
    source: 'this.#hidden.size === 0 ? texts :',
    becomes: 'true ? texts :',
    faults: ROLLBACKS,
  },
  {
    name: 'move a floor whatever the members have applied',
    file: 'sync/src/retention.ts',
    source: 'await Promise.all(others.map((member) => this.#vouchedBy(member, epoch, upTo)))',
    becomes: '',
    faults: CUTS,
    forgets: true,
  },
  {
    name: 'move a floor before all is here that a member had applied',
    file: 'sync/src/retention.ts',
    source: 'if (answer.isAccepted) return await this.#untilHeld(answer.more)',
    becomes: 'if (answer.isAccepted) return',
    faults: CUTS,
    forgets: true,
  },
  {
    name: 'move a floor past a repetition that is known',
    file: 'core/src/floor-move.ts',
    source: '|| isRepeated(state, one)',
    becomes: '',
    faults: CUTS,
    forgets: true,
  },
  {
    name: 'join slots without the floor that came with them',
    file: 'core/src/join.ts',
    source: 'if (floor !== undefined) joinFloor(state, self, replica, floor, joined)',
    becomes: '',
    faults: CUTS,
    forgets: true,
  },
  {
    name: 'take a floor, and keep what it drops',
    file: 'core/src/request-table.ts',
    source: 'for (const row of rows) this.#cutRow(row, floor)',
    becomes: '',
    faults: CUTS,
    forgets: true,
  },
  {
    name: 'drop the records of what was counted provisionally',
    file: 'sync/src/journal.ts',
    source: 'isSheltered(sheltered, seq)',
    becomes: 'false && isSheltered(sheltered, seq)',
    faults: ROLLBACKS,
    forgets: true,
  },
  {
    name: 'read from a majority, and propose nothing',
    file: 'sync/src/quorum.ts',
    source: '        if (isAccepted) {',
    becomes:
      '        return { value: this.#options.counter.getValue(key), ops: this.#options.counter.getOps(key) }\n        if (isAccepted) {',
    isStrong: true,
  },
  {
    name: 'forget what was accepted',
    file: 'sync/src/acceptor.ts',
    source: 'if (isAccepted) raise(accepted, proposed)',
    becomes: '',
    isStrong: true,
  },
  {
    name: 'acknowledge an increment before the members hold it',
    file: 'sync/src/quorum.ts',
    source: "const votes = need === 'all' ? members.length : this.#majority",
    becomes: 'const votes = 1',
    isStrong: true,
  },
]
