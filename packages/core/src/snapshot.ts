// All slots of one moment, for readers that take their time.
import type { Floor } from './floor.ts'
import type { Integer } from './integer.ts'
import type { RequestRecord } from './request.ts'
import type { Slot } from './slot.ts'

const NO_REQUESTS: readonly RequestRecord[] = []

/** A slot with its key, its owner and its request records, in order of seq. */
export interface ReplicaSlot extends Slot {
  readonly replica: string
  readonly key: string
  readonly requests: readonly RequestRecord[]
}

/** The floor of a replica's request records. */
export interface ReplicaFloor {
  readonly replica: string
  readonly floor: Floor
}

/** A whole state at one moment: slot by slot, and the floors that those are under. */
export interface StateSnapshot extends Iterable<ReplicaSlot> {
  readonly floors: readonly ReplicaFloor[]
}

/** The columns of a slot table. Those that a write would change are copies. */
export interface SnapshotColumns {
  readonly keys: readonly string[]
  readonly replicas: readonly string[]
  /** The first row of each key, and none for keys that came later. */
  readonly heads: readonly number[]
  readonly next: readonly number[]
  readonly replica: readonly number[]
  readonly first: readonly number[]
  readonly seq: readonly number[]
  readonly ops: readonly number[]
  readonly total: readonly Integer[]
  readonly requests: ReadonlyMap<number, readonly RequestRecord[]>
  /** Replicas that nobody outside sees. */
  readonly hidden: ReadonlySet<number>
  readonly floors: readonly ReplicaFloor[]
}

/** Some forty bytes a slot, while it is held; its objects are made as they are read. */
export class Snapshot implements StateSnapshot {
  readonly #columns: SnapshotColumns

  constructor(columns: SnapshotColumns) {
    this.#columns = columns
  }

  get floors(): readonly ReplicaFloor[] {
    return this.#columns.floors
  }

  /** The slots that others may see, those of a key one after the other. */
  *[Symbol.iterator](): Generator<ReplicaSlot, void, undefined> {
    const { heads, next, replica, hidden } = this.#columns
    for (let key = 0; key < heads.length; key++)
      for (let row = heads[key]!; row >= 0; row = next[row]!)
        if (!hidden.has(replica[row]!)) yield this.#slot(key, row)
  }

  #slot(key: number, row: number): ReplicaSlot {
    const { keys, replicas, replica, first, seq, ops, total, requests } = this.#columns
    return {
      key: keys[key]!,
      replica: replicas[replica[row]!]!,
      first: first[row]!,
      seq: seq[row]!,
      ops: ops[row]!,
      total: total[row]!,
      requests: requests.get(row) ?? NO_REQUESTS,
    }
  }
}
