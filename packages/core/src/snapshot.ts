// All slots of one moment, for readers that take their time.
import type { Floor } from './floor.ts'
import type { RequestRecord } from './request.ts'
import { NONE, REPLICA, SEQ, type SlotRows } from './slot-rows.ts'
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

/** A slot table of one moment. */
export interface SnapshotParts {
  readonly keys: readonly string[]
  readonly replicas: readonly string[]
  /** A copy. */
  readonly rows: SlotRows
  readonly requests: ReadonlyMap<number, readonly RequestRecord[]>
  /** Replicas that nobody outside sees. */
  readonly hidden: ReadonlySet<number>
  readonly floors: readonly ReplicaFloor[]
}

/** Some forty bytes a slot, while it is held; its objects are made as they are read. */
export class Snapshot implements StateSnapshot {
  readonly #parts: SnapshotParts

  constructor(parts: SnapshotParts) {
    this.#parts = parts
  }

  get floors(): readonly ReplicaFloor[] {
    return this.#parts.floors
  }

  /** The slots that others may see, those of a key one after the other. */
  *[Symbol.iterator](): Generator<ReplicaSlot, void, undefined> {
    const { rows, hidden } = this.#parts
    for (let key = 0; key < rows.keys; key++)
      for (let row = key; row !== NONE; row = rows.next(row))
        if (rows.get(row, SEQ) > 0 && !hidden.has(rows.get(row, REPLICA)))
          yield this.#slot(key, row)
  }

  #slot(key: number, row: number): ReplicaSlot {
    const { keys, replicas, rows, requests } = this.#parts
    return {
      key: keys[key]!,
      replica: replicas[rows.get(row, REPLICA)]!,
      ...rows.slot(row),
      requests: requests.get(row) ?? NO_REQUESTS,
    }
  }
}
