// The least programs: what neither an increment nor a read can do without, and nothing else. How fast these
// could be at all in JavaScript.

/** Keys, and which of them are asked for, one after the other. */
export interface Picked {
  readonly keys: readonly string[]
  readonly picks: Uint32Array
}

/** What a minimal program needs: places by key, a number at each, and rows in pages as the engine has them. */
export interface Rows {
  readonly places: ReadonlyMap<string, number>
  readonly counts: Int32Array
  readonly pages: readonly Int32Array[]
  readonly marks: Uint8Array
}

const FIELDS = 6
const PAGE_BITS = 12
const PAGE = 1 << PAGE_BITS

export const rowsOf = (keys: readonly string[]): Rows => ({
  places: new Map(keys.map((key, n) => [key, n])),
  counts: new Int32Array(keys.length),
  pages: Array.from({ length: Math.ceil(keys.length / PAGE) }, () => new Int32Array(PAGE * FIELDS)),
  marks: new Uint8Array((keys.length >> 3) + 1),
})

/**
 * Nothing but a Map of places, a number at each, and the answer that `increment` gives. V8 makes a bigint
 * of 32 bits without a call, once it is told that it is one.
 */
export const answerAll = ({ places, counts }: Rows, { keys, picks }: Picked): unknown => {
  let last: unknown
  for (let i = 0; i < picks.length; i++) {
    const place = places.get(keys[picks[i]!]!)!
    const count = counts[place]! + 1
    counts[place] = count
    last = answer(count, count, i)
  }
  return last
}

/** What no increment can do without: the slot of the writer, its three numbers, and a mark for the tree. */
export const countAll = ({ places, pages, marks }: Rows, { keys, picks }: Picked): unknown => {
  let last: unknown
  let seq = 0
  for (let i = 0; i < picks.length; i++) {
    const place = places.get(keys[picks[i]!]!)!
    const page = pages[place >>> PAGE_BITS]!
    const at = (place & (PAGE - 1)) * FIELDS
    if (page[at] !== 0) throw new Error('the slot of another')
    const total = page[at + 1]! + 1
    const ops = page[at + 2]! + 1
    seq++
    page[at + 1] = total
    page[at + 2] = ops
    page[at + 3] = seq
    marks[place >> 3]! |= 1 << (place & 7)
    last = answer(total, ops, seq)
  }
  return last
}

const answer = (total: number, ops: number, seq: number): unknown => ({
  value: BigInt(total | 0),
  ops,
  replica: 'replica-0',
  seq,
  duplicate: false,
})

/**
 * What no read can do without: the total in the row of the key, as a bigint; undefined where there is none,
 * or V8 would see that none but the last is kept, and make no other.
 */
export const totalAll = ({ places, pages }: Rows, { keys, picks }: Picked): unknown => {
  let last: unknown
  for (let i = 0; i < picks.length; i++) {
    const place = places.get(keys[picks[i]!]!)
    if (place === undefined) last = undefined
    else {
      const page = pages[place >>> PAGE_BITS]!
      last = BigInt(page[(place & (PAGE - 1)) * FIELDS + 1]! | 0)
    }
  }
  return last
}
