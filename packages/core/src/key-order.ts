// Keys in the order of their UTF-8 bytes, a page at a time.

/**
 * The order of two strings' UTF-8 bytes: that of their code points. It is JavaScript's own order of
 * UTF-16 units, but for surrogates, which stand below U+E000 to U+FFFF there and above them here.
 */
export const compareKeys = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

const rank = (unit: number): number => {
  if (unit < 0xd800) return unit
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000
}

/** Up to so many in a sorted list, a late key costs less to put in its place than all do to merge. */
const FEW = 1 / 4096

/** Sorts on demand: writes pay nothing, and a listing pays for the keys that came since the last. */
export class KeyOrder {
  /** In the order in which they came; nothing is ever taken out. */
  readonly #keys: readonly string[]
  #sorted: string[] = []

  constructor(keys: readonly string[]) {
    this.#keys = keys
  }

  /** Up to `limit` keys that start with `prefix` and come after `after`. */
  page(prefix: string, after: string | undefined, limit: number): string[] {
    this.#merge()
    const page: string[] = []
    const afterPrefix = after === undefined || compareKeys(after, prefix) < 0
    let i = afterPrefix ? this.#position(prefix, false) : this.#position(after, true)
    for (; i < this.#sorted.length && page.length < limit; i++) {
      const key = this.#sorted[i]!
      if (!key.startsWith(prefix)) break
      page.push(key)
    }
    return page
  }

  /** The index of the first key at `bound` or, with `past`, behind it. */
  #position(bound: string, past: boolean): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareKeys(this.#sorted[middle]!, bound)
      if (order < 0 || (past && order === 0)) low = middle + 1
      else high = middle
    }
    return low
  }

  #merge(): void {
    const late = this.#keys.slice(this.#sorted.length)
    if (late.length <= this.#sorted.length * FEW) {
      for (const key of late) this.#sorted.splice(this.#position(key, false), 0, key)
      return
    }
    const [left, right] = [this.#sorted, late.sort(compareKeys)]
    const merged: string[] = []
    let [i, j] = [0, 0]
    while (i < left.length && j < right.length)
      merged.push(compareKeys(left[i]!, right[j]!) < 0 ? left[i++]! : right[j++]!)
    while (i < left.length) merged.push(left[i++]!)
    while (j < right.length) merged.push(right[j++]!)
    this.#sorted = merged
  }
}
