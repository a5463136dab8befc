// What a draft makes of one replica: its slots by key, each looked up in the table once.
import { liveUnder, type Floor } from './floor.ts'
import type { Slot, Unit } from './slot.ts'
import { NONE } from './slot-rows.ts'
import type { SlotTable } from './slot-table.ts'
import type { KeyedRecord } from './state.ts'

/** A slot that the draft has read or written. */
export interface DraftedSlot {
  readonly key: string
  /** Where the table has it; `NONE` where it has not. */
  readonly row: number
  /** As the table has it. */
  readonly before: Slot | undefined
  /** As the draft has written it; undefined where it has not. */
  unit: Unit | undefined
}

/** A slot that the draft has written. */
export interface WrittenSlot extends DraftedSlot {
  readonly unit: Unit
}

export class DraftedReplica {
  readonly replica: string
  readonly #table: SlotTable
  /** Those that were written last stand last, so that they are in order of seq as a rule. */
  readonly #slots = new Map<string, DraftedSlot>()
  #met: DraftedSlot | undefined
  /** What was written, once it was asked for and nothing was written since. */
  #inOrder: readonly WrittenSlot[] | undefined
  /** Short names that the draft gives. */
  readonly #names = new Map<number, string>()
  readonly #ambiguous = new Set<number>()
  #version: number | undefined
  #lastSeq: number
  #floor: Floor | undefined
  /** The records of the table that the floor drops. */
  #dropped: readonly KeyedRecord[] = []

  constructor(replica: string, table: SlotTable) {
    this.replica = replica
    this.#table = table
    this.#lastSeq = table.lastSeq(replica)
  }

  // Numbers

  get version(): number {
    return this.#version ?? this.#table.version(this.replica)
  }

  set version(seq: number) {
    this.#version = seq
    this.#saw(seq)
  }

  /** Undefined where the draft does not move it. */
  get draftedVersion(): number | undefined {
    return this.#version
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  #saw(seq: number): void {
    if (seq > this.#lastSeq) this.#lastSeq = seq
  }

  /** Takes back what increments did to the numbers. */
  backTo({ version, lastSeq }: DraftedNumbers): void {
    this.#version = version
    this.#lastSeq = lastSeq
  }

  get numbers(): DraftedNumbers {
    return { version: this.#version, lastSeq: this.#lastSeq }
  }

  // Floor

  get floor(): Floor | undefined {
    return this.#floor ?? this.#table.floor(this.replica)
  }

  /** Undefined where the draft does not move it. */
  get draftedFloor(): Floor | undefined {
    return this.#floor
  }

  get dropped(): readonly KeyedRecord[] {
    return this.#dropped
  }

  moveFloor(floor: Floor, dropped: readonly KeyedRecord[]): void {
    this.#floor = floor
    this.#dropped = dropped
    this.#inOrder = undefined
    this.#saw(floor.at)
  }

  // Slots

  /** Nothing of it has changed. */
  get isEmpty(): boolean {
    const isUnmoved = this.#version === undefined && this.#floor === undefined
    return isUnmoved && this.written().length === 0
  }

  slot(key: string): DraftedSlot {
    if (this.#met?.key === key) return this.#met
    return (this.#met = this.#slots.get(key) ?? this.#add(key, this.#table.find(this.replica, key)))
  }

  /** A slot, where the draft has read or written it. */
  known(key: string): DraftedSlot | undefined {
    return this.#slots.get(key)
  }

  #add(key: string, row: number): DraftedSlot {
    const before = row === NONE ? undefined : this.#table.slotAt(row)
    const slot = { key, row, before, unit: undefined }
    this.#slots.set(key, slot)
    return slot
  }

  write(slot: DraftedSlot, unit: Unit): void {
    this.#inOrder = undefined
    const first = (slot.unit ?? slot.before)?.first
    if (first !== unit.first) this.#name(slot.key, first, unit.first)
    if (slot.unit !== undefined) {
      this.#slots.delete(slot.key)
      this.#slots.set(slot.key, slot)
    }
    slot.unit = slot.unit === undefined ? unit : follow(slot.unit, unit)
    this.#saw(unit.seq)
  }

  /** Takes back a write. */
  unwrite(slot: DraftedSlot, unit: Unit | undefined): void {
    this.#inOrder = undefined
    if (unit === undefined && slot.before === undefined) this.#names.delete(slot.unit!.first)
    slot.unit = unit
  }

  /** In order of seq, since that is the order that the table's logs are in. */
  written(): readonly WrittenSlot[] {
    return (this.#inOrder ??= this.#sorted())
  }

  #sorted(): readonly WrittenSlot[] {
    const written: WrittenSlot[] = []
    let isSorted = true
    let last = 0
    for (const slot of this.#slots.values()) {
      if (!isWritten(slot)) continue
      isSorted &&= slot.unit.seq >= last
      last = slot.unit.seq
      written.push(this.#underFloor(slot))
    }
    return isSorted ? written : written.sort((a, b) => a.unit.seq - b.unit.seq)
  }

  /** A floor may have come after the slot. */
  #underFloor(slot: WrittenSlot): WrittenSlot {
    const requests = liveUnder(this.#floor, slot.unit.requests)
    return requests === slot.unit.requests ? slot : { ...slot, unit: { ...slot.unit, requests } }
  }

  // Short names

  isAmbiguous(first: number): boolean {
    return (
      (this.#ambiguous.size > 0 && this.#ambiguous.has(first)) ||
      this.#table.isAmbiguous(this.replica, first)
    )
  }

  /** The key behind a short name, or undefined. */
  keyNamed(first: number): string | undefined {
    if (this.#ambiguous.size > 0 && this.isAmbiguous(first)) return undefined
    const row = this.#table.findNamed(this.replica, first)
    // What the draft has named can be ambiguous with what the table has.
    if (this.#names.size > 0) {
      const drafted = this.#names.get(first)
      if (drafted !== undefined) return this.isAmbiguous(first) ? undefined : drafted
    }
    if (row === NONE) return undefined
    const key = this.#table.keyAt(row)
    // It is about to be read.
    if (!this.#slots.has(key)) this.#add(key, row)
    return key
  }

  /** As the table does it. */
  #name(key: string, before: number | undefined, first: number): void {
    const isNamed = this.keyNamed(first) !== undefined
    if (isNamed || before !== undefined) this.#ambiguous.add(first)
    else this.#names.set(first, key)
    if (before !== undefined) this.#ambiguous.add(before)
  }
}

/** The numbers of a replica as drafted. */
export interface DraftedNumbers {
  readonly version: number | undefined
  readonly lastSeq: number
}

const isWritten = (slot: DraftedSlot): slot is WrittenSlot => slot.unit !== undefined

/** One unit written after another, as one that may be written in their place. */
const follow = (before: Unit, after: Unit): Unit => {
  if (after.requestsSince <= before.requestsSince) return after
  // Most have none.
  if (before.requests.length + after.requests.length === 0) {
    const { first, seq, ops, total, requests } = after
    return { first, seq, ops, total, requests, requestsSince: before.requestsSince }
  }
  const kept = before.requests.filter(({ seq }) => seq <= after.requestsSince)
  return {
    ...after,
    requests: [...kept, ...after.requests],
    requestsSince: before.requestsSince,
  }
}
