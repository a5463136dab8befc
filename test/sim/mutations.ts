// The engine, broken on purpose: each must be found, or the checkers can not fail.

export interface Mutation {
  readonly name: string
  /** Below `packages/`. */
  readonly file: string
  /** A piece of the source that stands there exactly once. */
  readonly source: string
  readonly becomes: string
}

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
    source: 'if (held !== undefined && unit.seq < held.seq) return',
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
    source: '{ ...units[i]!, requestsSince: from }',
    becomes: '{ ...units[i]!, requests: [], requestsSince: from }',
  },
  {
    name: 'publish before it is durable',
    file: 'sync/src/journal.ts',
    source:
      'else if (await this.#keep(plan, this.#identityFor(plan, authorship))) this.#finish(plan)',
    becomes:
      'else { this.#finish(plan); await this.#keep(plan, this.#identityFor(plan, authorship)) }',
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
  },
]
