// Rows of numbers, in pages of typed arrays: side by side, and no object.

/** Four bytes a number; eight in a page where one does not fit into 32 bits. */
export type Page = Int32Array | Float64Array

/** Pages, so that growing copies nothing and leaves little unused. */
const PAGE_BITS = 12
const PAGE_ROWS = 1 << PAGE_BITS
/** The first page begins with so many rows: most tables are small. */
const FEW_ROWS = 16

/** Rows are never taken out. Nothing here costs more than O(1), but for `copy`. */
export class NumberRows {
  /** How many numbers a row has. */
  readonly #fields: number
  #pages: Page[] = []
  #length = 0

  constructor(fields: number) {
    this.#fields = fields
  }

  get length(): number {
    return this.#length
  }

  get(row: number, field: number): number {
    return this.#pages[row >>> PAGE_BITS]![(row & (PAGE_ROWS - 1)) * this.#fields + field]!
  }

  set(row: number, field: number, value: number): void {
    const number = row >>> PAGE_BITS
    const page = this.#pages[number]!
    const at = (row & (PAGE_ROWS - 1)) * this.#fields + field
    if ((value | 0) === value || page instanceof Float64Array) page[at] = value
    else (this.#pages[number] = Float64Array.from(page))[at] = value
  }

  /** The page that a row is in, and where it starts there: for those that read and write several fields at once. */
  page(row: number): Page {
    return this.#pages[row >>> PAGE_BITS]!
  }

  start(row: number): number {
    return (row & (PAGE_ROWS - 1)) * this.#fields
  }

  /** A row of zeros. */
  add(): number {
    const row = this.#length++
    const number = row >>> PAGE_BITS
    const page = this.#pages[number]
    if (page === undefined)
      this.#pages.push(new Int32Array((number === 0 ? FEW_ROWS : PAGE_ROWS) * this.#fields))
    else if (this.start(row) >= page.length) this.#pages[number] = twiceAsLong(page)
    return row
  }

  copy(): NumberRows {
    const copy = new NumberRows(this.#fields)
    copy.#pages = this.#pages.map((page) => page.slice())
    copy.#length = this.#length
    return copy
  }
}

const twiceAsLong = (page: Page): Page => {
  const grown = new (page instanceof Int32Array ? Int32Array : Float64Array)(2 * page.length)
  grown.set(page)
  return grown
}
