// What increments and joins read and write: the slot table, or a draft laid over it.
import type { Floor } from './floor.ts'
import type { Integer } from './integer.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import type { Slot, Unit } from './slot.ts'

/** A replica's record of a request. */
export interface Holder {
  readonly replica: string
  readonly key: string
  readonly record: RequestRecord
}

/** A request record with the slot that it is in. */
export interface KeyedRecord {
  readonly key: string
  /** The short name of its slot. */
  readonly first: number
  readonly record: RequestRecord
}

export interface State {
  /** Everything that `replica` wrote up to here is held. */
  version(replica: string): number
  setVersion(replica: string, seq: number): void
  /** The highest operation number seen of `replica`: its version, or past it. */
  lastSeq(replica: string): number
  slot(replica: string, key: string): Slot | undefined
  /** Whether the replica is an epoch that nobody outside sees yet. */
  isHidden(replica: string): boolean
  /** The live records of a slot with a seq above `since`, in order of seq. */
  requests(replica: string, key: string, since?: number): readonly RequestRecord[]
  /** Whether a short name may stand for two keys: two writers had used one replica id. */
  isAmbiguous(replica: string, first: number): boolean
  /** The key behind a short name, or undefined where it is unknown, or not the name of one key. */
  keyNamed(replica: string, first: number): string | undefined
  /** Who recorded a request, under any key. */
  holders(hash: RequestHash): readonly Holder[]
  /** Puts a unit in place of what was there, see `Unit.requestsSince`. */
  write(replica: string, key: string, unit: Unit): void
  /** Up to where `replica` has let go of its request records. */
  floor(replica: string): Floor | undefined
  /** Puts a floor in place of what was there, and drops the records that it drops. */
  writeFloor(replica: string, floor: Floor): void
}

/** A state that keeps up what its slots come to. */
export interface ValuedState extends State {
  value(key: string): Integer
  ops(key: string): number
  /** The live request records of `replica` up to a seq, in order of seq. */
  recordsUpTo(replica: string, upTo: number): KeyedRecord[]
  /** Forgets all that a hidden replica wrote. */
  drop(replica: string): void
}
