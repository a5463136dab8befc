// One replica's request records in the order of its operation numbers, so that the oldest are found at once.

/** A record's place: the row of its slot, and its seq. */
export interface QueuedRecord {
  readonly row: number
  readonly seq: number
}

/** Entries that may be stale before they are swept out, beside as many as there are live ones. */
const SPARE = 64

/**
 * Two numbers a record. An entry whose record is gone or was replaced is stale, and left out when the
 * queue is read; so to take a record out costs nothing here. What comes out of order is sorted in at
 * the next look.
 */
export class RecordQueue {
  readonly #isLive: (entry: QueuedRecord) => boolean
  #seqs: number[] = []
  #rows: number[] = []
  #isSorted = true
  /** Records that are live, and the bytes that they take on the wire. */
  count = 0
  bytes = 0
  /** The bytes of all that ever came. */
  added = 0

  /** @param isLive whether a slot has a record of an operation */
  constructor(isLive: (entry: QueuedRecord) => boolean) {
    this.#isLive = isLive
  }

  add(seq: number, row: number, bytes: number): void {
    this.#isSorted &&= this.#seqs.length === 0 || this.#seqs.at(-1)! <= seq
    this.#seqs.push(seq)
    this.#rows.push(row)
    this.count++
    this.bytes += bytes
    this.added += bytes
    if (this.#seqs.length > 2 * this.count + SPARE) this.#sweep()
  }

  removed(bytes: number): void {
    this.count--
    this.bytes -= bytes
  }

  /** The records up to `upTo`, in order of seq, each once. Costs what it returns, and what is stale there. */
  upTo(upTo: number): QueuedRecord[] {
    this.#sort()
    const found: QueuedRecord[] = []
    for (let i = 0; i < this.#seqs.length && this.#seqs[i]! <= upTo; i++)
      if (this.#isEntry(i)) found.push({ seq: this.#seqs[i]!, row: this.#rows[i]! })
    return found
  }

  /** The records in order of seq, for as long as they are asked for. */
  *oldest(): Generator<QueuedRecord, void, undefined> {
    this.#sort()
    for (let i = 0; i < this.#seqs.length; i++)
      if (this.#isEntry(i)) yield { seq: this.#seqs[i]!, row: this.#rows[i]! }
  }

  /** Those up to `upTo` that are still live stay, and are the first. */
  cut(upTo: number): void {
    const kept = this.upTo(upTo)
    let end = 0
    while (end < this.#seqs.length && this.#seqs[end]! <= upTo) end++
    if (kept.length === end) return
    this.#seqs = [...kept.map(({ seq }) => seq), ...this.#seqs.slice(end)]
    this.#rows = [...kept.map(({ row }) => row), ...this.#rows.slice(end)]
  }

  #isEntry(i: number): boolean {
    const [seq, row] = [this.#seqs[i]!, this.#rows[i]!]
    if (i > 0 && this.#seqs[i - 1] === seq && this.#rows[i - 1] === row) return false
    return this.#isLive({ seq, row })
  }

  #sort(): void {
    if (this.#isSorted) return
    const places = [...this.#seqs.keys()].sort(
      (a, b) => this.#seqs[a]! - this.#seqs[b]! || this.#rows[a]! - this.#rows[b]!,
    )
    this.#seqs = places.map((i) => this.#seqs[i]!)
    this.#rows = places.map((i) => this.#rows[i]!)
    this.#isSorted = true
  }

  #sweep(): void {
    const live = [...this.oldest()]
    this.#seqs = live.map(({ seq }) => seq)
    this.#rows = live.map(({ row }) => row)
  }
}
