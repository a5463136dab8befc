// One replica's rows in the order of its operation numbers, so that what it wrote last is found at once.
import { Int32List } from './int32-list.ts'
import { SEQ, type SlotRows } from './slot-rows.ts'

/** Beyond four times what was live at the last sweep, before old entries are swept out. */
const FEW = 64

/**
 * A log of rows, of which the end is put in order when someone asks: a row that is written again before
 * that has its entry there. From the end of what is in order, seqs go down from each row's last entry to
 * the next row's; so an entry of a row whose seq is not below what was seen is one that a later has
 * replaced, and the log has to keep no seqs. A write costs O(1); a query what was written since the last,
 * sorted, its answer, and what that replaced. Where something came late (a slot pulled ahead of its
 * interval), it costs what was written above the lowest of that, too.
 */
export class SeqOrder {
  readonly #rows: SlotRows
  #log = new Int32List()
  /** So many entries of the log are in order, and their seqs are at most so high. */
  #ordered = 0
  #orderedTo = 0
  /** The lowest seq that came since. */
  #lowest = Infinity
  #sweepAt = FEW
  /** The highest seq that was ever written, or that is known to have been. */
  last = 0

  constructor(rows: SlotRows) {
    this.#rows = rows
  }

  /** Notes that `row` has the seq `seq` now, and had `before`. */
  moved(row: number, seq: number, before: number): void {
    if (seq > this.last) this.last = seq
    if (before > this.#orderedTo) return
    if (seq < this.#lowest) this.#lowest = seq
    this.#log.push(row)
    // What comes late stands there once for each time.
    if (this.#log.length > 4 * this.#rows.length + FEW) this.#order()
  }

  /** The rows with a seq above `from`, in order of seq. */
  since(from: number): number[] {
    this.#order()
    return this.#above(from).rows
  }

  /** Forgets all, and returns what there was, in order of seq. */
  clear(): number[] {
    const rows = this.since(0)
    this.#log = new Int32List()
    this.#ordered = 0
    this.#orderedTo = 0
    this.#sweepAt = FEW
    this.last = 0
    return rows
  }

  /** The rows in the ordered log with a seq above `from`, and where in the log those below end. */
  #above(from: number): { readonly rows: number[]; readonly end: number } {
    let rows: number[] | undefined
    let end = this.#ordered
    let lowest = Infinity
    /** Rows with the seq `lowest`: more than one where two writers used one id. */
    let twins: Set<number> | undefined
    for (; end > 0; end--) {
      const row = this.#log.get(end - 1)
      const seq = this.#rows.get(row, SEQ)
      if (seq > lowest) continue
      if (seq === lowest) {
        twins ??= new Set(rows?.slice(-1))
        if (twins.has(row)) continue
        twins.add(row)
      } else {
        if (seq <= from) break
        lowest = seq
        twins = undefined
      }
      // Of one, as a rule: an array that grows has room for many.
      if (rows === undefined) rows = [row]
      else rows.push(row)
    }
    return { rows: rows?.reverse() ?? [], end }
  }

  #order(): void {
    const { length } = this.#log
    if (this.#ordered === length) return
    if (this.#lowest <= this.#orderedTo) this.#sortInLate()
    else if (!this.#isAscending()) this.#sortFrom(this.#ordered, this.#log.from(this.#ordered))
    this.#ordered = this.#log.length
    this.#orderedTo = this.last
    this.#lowest = Infinity
    if (length > this.#sweepAt) this.#sweep()
  }

  /** As is what was written once each. */
  #isAscending(): boolean {
    let before = 0
    for (let at = this.#ordered; at < this.#log.length; at++) {
      const seq = this.#rows.get(this.#log.get(at), SEQ)
      if (seq < before) return false
      before = seq
    }
    return true
  }

  #sortInLate(): void {
    const { rows, end } = this.#above(this.#lowest - 1)
    this.#sortFrom(end, [...new Set([...rows, ...this.#log.from(this.#ordered)])])
  }

  /** Puts rows in order into the log, from `at` on. */
  #sortFrom(at: number, rows: readonly number[]): void {
    this.#log.truncate(at)
    for (const row of this.#rows.sort(rows, SEQ)) this.#log.push(row)
  }

  /** Moves what is live to the end, and then all of it to the start. */
  #sweep(): void {
    const log = this.#log
    let to = log.length
    let lowest = Infinity
    for (let at = log.length - 1; at >= 0; at--) {
      const row = log.get(at)
      const seq = this.#rows.get(row, SEQ)
      // Of twins, old entries too may stay.
      if (seq > lowest) continue
      lowest = seq
      log.set(--to, row)
    }
    log.shift(to)
    this.#ordered = log.length
    this.#sweepAt = 4 * log.length + FEW
  }
}
