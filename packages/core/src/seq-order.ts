// One replica's rows in the order of its operation numbers, so that what it wrote last is found at once.
import { Int32List } from './int32-list.ts'
import { SEQ, type SlotRows } from './slot-rows.ts'

/** Beyond four times what was live at the last sweep, before old entries are swept out. */
const FEW = 64

/**
 * A log of rows, one entry a write. From the end, seqs go down from each row's last entry to the next
 * row's; so an entry of a row whose seq is not below what was seen is one that a later has replaced, and
 * the log has to keep no seqs. Amortised O(1) a write that comes in order, O(answer, and what it replaced)
 * a query. What comes out of order (a slot pulled ahead of its interval) is sorted in at the next query,
 * which costs what was written above the lowest of them.
 */
export class SeqOrder {
  readonly #rows: SlotRows
  #log = new Int32List()
  #sweepAt = FEW
  /** Those that came out of order since; one may stand here twice. */
  #late: number[] = []

  constructor(rows: SlotRows) {
    this.#rows = rows
  }

  /** The highest seq that was ever written. */
  last = 0

  /** Notes that `row` has the seq `seq` now, and had another before. */
  moved(row: number, seq: number): void {
    if (seq < this.last) {
      this.#late.push(row)
      if (this.#late.length > this.#rows.length + FEW) this.#sortIn()
      return
    }
    this.last = seq
    const { length } = this.#log
    if (length > 0 && this.#log.get(length - 1) === row) return
    this.#log.push(row)
    if (length >= this.#sweepAt) this.#sweep()
  }

  /** The rows with a seq above `from`, in order of seq. */
  since(from: number): number[] {
    if (this.#late.length > 0) this.#sortIn()
    return this.#above(from).rows
  }

  /** Forgets all, and returns what there was, in order of seq. */
  clear(): number[] {
    const rows = this.since(0)
    this.#log = new Int32List()
    this.#sweepAt = FEW
    this.last = 0
    return rows
  }

  /** The rows in the log with a seq above `from`, and where in the log those below end. */
  #above(from: number): { readonly rows: number[]; readonly end: number } {
    const rows: number[] = []
    let end = this.#log.length
    let lowest = Infinity
    /** Rows with the seq `lowest`: more than one where two writers used one id. */
    let twins: Set<number> | undefined
    for (; end > 0; end--) {
      const row = this.#log.get(end - 1)
      const seq = this.#rows.get(row, SEQ)
      if (seq > lowest) continue
      if (seq === lowest) {
        twins ??= new Set([rows.at(-1)!])
        if (twins.has(row)) continue
        twins.add(row)
      } else {
        if (seq <= from) break
        lowest = seq
        twins = undefined
      }
      rows.push(row)
    }
    return { rows: rows.reverse(), end }
  }

  #sortIn(): void {
    const late = this.#late
    this.#late = []
    const lowest = late.reduce((least, row) => Math.min(least, this.#rows.get(row, SEQ)), Infinity)
    const { rows, end } = this.#above(lowest - 1)
    this.#log.truncate(end)
    this.#log.reserve(end + rows.length + late.length)
    for (const row of this.#rows.sort([...new Set([...rows, ...late])], SEQ)) this.#log.push(row)
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
    this.#sweepAt = 4 * log.length + FEW
  }
}
