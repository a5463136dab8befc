// A slot: all that one replica ever did to one counter. Its owner writes it, everyone else joins it.
import type { Floor } from './floor.ts'
import type { Integer } from './integer.ts'
import type { RequestRecord } from './request.ts'

/**
 * What a replica did to one key.
 *
 * `first` and `seq` are the replica's own operation numbers (one sequence over all its keys, from 1)
 * at its first and its last write to the key; `(replica, first)` is the key's short name, and
 * `(replica, seq)` names the unit's whole content. One writer and one sequence make a P and an N
 * side needless (unlike the PN-counter of Shapiro et al., RR-7506, section 3.1.2): the later `total`
 * is the truth, whatever its sign.
 */
export interface Slot {
  readonly first: number
  readonly seq: number
  /** How many increments the replica recorded on this key: at least 1, zero amounts included. */
  readonly ops: number
  /** The signed sum of those increments, exact. */
  readonly total: Integer
}

/**
 * A slot with its live request records: the unit that is joined, stored, sent and hashed as one.
 *
 * `requests`, in order of `seq`, are all that are live above `requestsSince`; 0 where the unit is
 * whole. A unit with `requestsSince > 0` may be joined only where everything that its replica wrote
 * up to `requestsSince` is held, since the records up to there are taken from what is held.
 */
export interface Unit extends Slot {
  readonly requests: readonly RequestRecord[]
  readonly requestsSince: number
}

/** One piece of state, as it is kept in a store. */
export type Change =
  | { readonly kind: 'slot'; readonly replica: string; readonly key: string; readonly slot: Slot }
  | {
      readonly kind: 'request'
      readonly replica: string
      /** The short name of the slot that the record belongs to. */
      readonly first: number
      readonly record: RequestRecord
    }
  | {
      readonly kind: 'dropped-request'
      readonly replica: string
      readonly first: number
      readonly seq: number
    }
  | { readonly kind: 'version'; readonly replica: string; readonly seq: number }
  /** The records that it drops are dropped along with it. */
  | { readonly kind: 'floor'; readonly replica: string; readonly floor: Floor }
  | { readonly kind: 'dropped-slot'; readonly replica: string; readonly first: number }
  /** Nothing of the replica is left: its slots and requests are dropped along with it. */
  | { readonly kind: 'dropped-replica'; readonly replica: string }
