// One replica's slots in the order of its operation numbers, so that an interval is found at once.

interface Entry {
  readonly seq: number
  readonly row: number
}

/**
 * A log of (seq, row); a row's older entries are stale, and are swept out once they outnumber the
 * rows. Amortised O(1) a write that comes in order, O(log n + answer) a query. What comes out of
 * order (a slot pulled ahead of its interval) is sorted in at the next query, past which it costs
 * what it has to move.
 */
export class SeqLog {
  readonly #seqOf: (row: number) => number
  #seqs: number[] = []
  #rows: number[] = []
  #late: Entry[] = []
  #live = 0

  /** @param seqOf the row's present seq: entries that differ from it are stale */
  constructor(seqOf: (row: number) => number) {
    this.#seqOf = seqOf
  }

  /** The highest seq that was ever written. */
  last = 0

  /** Notes that `row` has the operation number `seq` now, which it had not before. */
  add(seq: number, row: number, isNew: boolean): void {
    if (isNew) this.#live++
    if (seq < this.last) this.#late.push({ seq, row })
    else {
      this.last = seq
      this.#seqs.push(seq)
      this.#rows.push(row)
    }
    if (this.#rows.length + this.#late.length > 2 * this.#live + 16) this.#sweep()
  }

  /** The rows with a seq above `from`, in order of seq. */
  since(from: number): number[] {
    this.#sortIn()
    const rows: number[] = []
    for (let i = this.#firstAbove(from); i < this.#rows.length; i++)
      if (this.#isLive(i)) rows.push(this.#rows[i]!)
    return rows
  }

  #isLive(i: number): boolean {
    return this.#seqOf(this.#rows[i]!) === this.#seqs[i]
  }

  #firstAbove(from: number): number {
    let low = 0
    let high = this.#seqs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#seqs[middle]! <= from) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Merges from the back, so that what is below the lowest late entry stays where it is. */
  #sortIn(): void {
    const late = this.#late.sort((a, b) => a.seq - b.seq)
    this.#late = []
    let from = this.#rows.length - 1
    for (let to = from + late.length; late.length > 0; to--) {
      const isLate = from < 0 || this.#seqs[from]! <= late.at(-1)!.seq
      const { seq, row } = isLate
        ? late.pop()!
        : { seq: this.#seqs[from]!, row: this.#rows[from--]! }
      this.#seqs[to] = seq
      this.#rows[to] = row
    }
  }

  #sweep(): void {
    this.#sortIn()
    const live = [...this.#rows.keys()].filter((i) => this.#isLive(i))
    this.#rows = live.map((i) => this.#rows[i]!)
    this.#seqs = live.map((i) => this.#seqs[i]!)
  }
}
