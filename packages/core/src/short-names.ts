// One replica's rows by `first`, since `(replica, first)` is the short name by which a known key travels.
import { Int32List } from './int32-list.ts'
import { FIRST, NONE, type SlotRows } from './slot-rows.ts'

/** So many late rows for one that is sorted, and a few: then all are sorted together. */
const MANY_LATE = 1 / 8
const FEW_LATE = 64
/** Cells for names found before: at first, and at most, 64 kB. */
const FEW_CELLS = 16
const MAX_CELLS = 1 << 14
/** Guesses by proportion, before halving takes over: the numbers are nearly even, as a rule. */
const GUESSES = 4

/**
 * Four bytes a row: sorted, as rows come, but for those that a transfer or a store brings out of order. Those
 * are looked at when the next name is asked for.
 */
export class ShortNames {
  readonly #rows: SlotRows
  readonly #sorted = new Int32List()
  /** Row + 1 of a name that was found, at the low bits of the name; 0 for none. What is counted often is met there. */
  #found = new Int32Array(FEW_CELLS)
  /** The highest that there ever was. */
  #highest = 0
  /** Came out of order, and nobody has looked at them yet. */
  #late: number[] = []
  /** Came out of order, by `first`, and too few to be sorted in. */
  readonly #few = new Map<number, number>()
  /** Names that may stand for two keys, which only a replica id used twice can bring about. */
  readonly #ambiguous = new Set<number>()

  constructor(rows: SlotRows) {
    this.#rows = rows
  }

  /** The row has its `first` from now on. */
  add(row: number): void {
    const first = this.#rows.get(row, FIRST)
    if (first <= this.#highest) this.#late.push(row)
    else {
      this.#highest = first
      this.#sorted.push(row)
      this.#remember(first, row)
    }
  }

  /** The row will have another `first`: two writers began it, and either may have begun another there. */
  rename(row: number, first: number): void {
    this.#settle()
    const before = this.#rows.get(row, FIRST)
    this.#ambiguous.add(before).add(first)
    if (this.#few.get(before) === row) this.#few.delete(before)
    const at = this.#position(before)
    if (at < this.#sorted.length && this.#sorted.get(at) === row) this.#sorted.remove(at)
    this.#rows.set(row, FIRST, first)
    this.add(row)
  }

  isAmbiguous(first: number): boolean {
    this.#settle()
    return this.#ambiguous.size > 0 && this.#ambiguous.has(first)
  }

  /** The row of a name, or -1; also where the name may stand for another. */
  find(first: number): number {
    this.#settle()
    if (this.#ambiguous.size > 0 && this.#ambiguous.has(first)) return NONE
    return this.#find(first)
  }

  /** As `find`, whether ambiguous or not: of those with one name, the one that was met first. */
  findAny(first: number): number {
    this.#settle()
    return this.#find(first)
  }

  #find(first: number): number {
    const found = this.#found[first & (this.#found.length - 1)]!
    // A row that was given another name since is told by it.
    if (found !== 0 && this.#rows.get(found - 1, FIRST) === first) return found - 1
    const row = this.#search(first)
    if (row !== NONE) this.#remember(first, row)
    return row
  }

  #remember(first: number, row: number): void {
    const { length } = this.#found
    // What was there before is found again when it is asked for.
    if (length < this.#sorted.length && length < MAX_CELLS) this.#found = new Int32Array(2 * length)
    this.#found[first & (this.#found.length - 1)] = row + 1
  }

  #search(first: number): number {
    const few = this.#few.size === 0 ? undefined : this.#few.get(first)
    if (few !== undefined) return few
    const at = this.#position(first)
    return at < this.#sorted.length && this.#firstAt(at) === first ? this.#sorted.get(at) : NONE
  }

  #firstAt(at: number): number {
    return this.#rows.get(this.#sorted.get(at), FIRST)
  }

  /** Where `first` is in what is sorted, or would be. */
  #position(first: number): number {
    let low = 0
    let high = this.#sorted.length
    for (let guess = 0; low < high; guess++) {
      let middle = (low + high) >>> 1
      if (guess < GUESSES) {
        const [least, most] = [this.#firstAt(low), this.#firstAt(high - 1)]
        if (first <= least) return low
        if (first > most) return high
        middle = low + Math.floor(((first - least) / (most - least)) * (high - 1 - low))
      }
      const found = this.#firstAt(middle)
      if (found === first) return middle
      if (found < first) low = middle + 1
      else high = middle
    }
    return low
  }

  #settle(): void {
    if (this.#late.length === 0) return
    const late = this.#late
    this.#late = []
    if (this.#few.size + late.length > this.#sorted.length * MANY_LATE + FEW_LATE) this.#merge(late)
    else
      for (const row of late) {
        const first = this.#rows.get(row, FIRST)
        if (this.#find(first) === NONE) this.#few.set(first, row)
        else this.#ambiguous.add(first)
      }
  }

  /** Of those with one name, the one that was met first stays. */
  #merge(rows: readonly number[]): void {
    const late = this.#rows.sort([...this.#few.values(), ...rows], FIRST)
    this.#few.clear()
    const sorted = [...this.#sorted]
    this.#sorted.truncate(0)
    this.#sorted.reserve(sorted.length + late.length)
    let [i, j] = [0, 0]
    while (i < sorted.length || j < late.length) {
      const isLate = i === sorted.length || this.#isBelow(late[j], sorted[i]!)
      this.#appendOnce(isLate ? late[j++]! : sorted[i++]!)
    }
  }

  #isBelow(row: number | undefined, other: number): boolean {
    return row !== undefined && this.#rows.get(row, FIRST) < this.#rows.get(other, FIRST)
  }

  #appendOnce(row: number): void {
    const first = this.#rows.get(row, FIRST)
    const { length } = this.#sorted
    if (length > 0 && this.#firstAt(length - 1) === first) this.#ambiguous.add(first)
    else this.#sorted.push(row)
  }
}
