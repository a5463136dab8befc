// A delta: what one replica wrote in an interval of its operation numbers.
import type { Floor } from './floor.ts'
import type { RequestRecord } from './request.ts'
import type { Slot } from './slot.ts'

/** A slot on its way. Its request records are those with a seq above the delta's `from`. */
export interface DeltaUnit extends Slot {
  /** Left out where `first <= from`, as a rule: the receiver knows the slot by its short name. */
  readonly key: string | undefined
  readonly requests: readonly RequestRecord[]
}

/**
 * All slots that `replica` touched in `(from, to]`, each as it stands at one moment (so past `to`,
 * possibly), in order of `seq`, and its floor where that moved since `from`. A part of a transfer claims
 * nothing: it has `to === from`.
 *
 * Delta states in the sense of Almeida, Shoker and Baquero (JPDC 2018), with an interval in place of
 * causal contexts: slots are absolute, so that loss, repetition and order do no harm.
 */
export interface Delta {
  readonly replica: string
  readonly from: number
  readonly to: number
  readonly units: readonly DeltaUnit[]
  /** Joined before the units, which are as it left them. */
  readonly floor?: Floor | undefined
}

/** A slot with its key, as its holder has it. */
export interface KeyedUnit extends DeltaUnit {
  readonly key: string
  /** Its short name may stand for another key (a replica id was used twice): it travels in full. */
  readonly isAmbiguous?: boolean
}

/** Slots to be written: an array of them, or what makes each when it is asked for, and keeps none. */
export interface KeyedUnits {
  readonly length: number
  /** As that of an array. */
  at(place: number): KeyedUnit | undefined
}

/** What of a delta it takes to write it. */
export type WritableDelta = Omit<KeyedDelta, 'units'> & { readonly units: KeyedUnits }

/** A delta before it is written: which keys travel by short name is chosen on the way. */
export interface KeyedDelta extends Delta {
  readonly units: readonly KeyedUnit[]
}
