// One replica's slots in the order of its operation numbers, so that an interval is found at once.

/**
 * An append-only log of (seq, row); a row's older entries are stale, and are swept out once they
 * outnumber the rows. Amortised O(1) a write, O(log n + answer) a query.
 */
export class SeqLog {
  readonly #seqOf: (row: number) => number
  #seqs: number[] = []
  #rows: number[] = []
  #live = 0
  #sorted = true

  /** @param seqOf the row's present seq: entries that differ from it are stale */
  constructor(seqOf: (row: number) => number) {
    this.#seqOf = seqOf
  }

  /** The highest seq that was ever written. */
  last = 0

  /** Notes that `row` has the operation number `seq` now. */
  add(seq: number, row: number, isNew: boolean): void {
    if (isNew) this.#live++
    if (seq >= this.last) this.last = seq
    else this.#sorted = false
    this.#seqs.push(seq)
    this.#rows.push(row)
    if (this.#rows.length > 2 * this.#live + 16) this.#sweep()
  }

  /** The rows with a seq above `from`, in order of seq. */
  since(from: number): number[] {
    if (!this.#sorted) this.#sweep()
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

  #sweep(): void {
    const live = this.#rows.filter((_, i) => this.#isLive(i))
    // A row written twice with one seq (a fork) has two live entries.
    this.#rows = [...new Set(live)].sort((a, b) => this.#seqOf(a) - this.#seqOf(b))
    this.#seqs = this.#rows.map((row) => this.#seqOf(row))
    this.#sorted = true
  }
}
