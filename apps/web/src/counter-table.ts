// The counters as the page shows them: one signal for each, so that a change repaints one card, and one
// for each board's total, kept up by what changed. A tap costs the same however many counters there are.
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { compareKeys } from '@tallymesh/core'
import { boardOf } from './board/key.ts'

/** A counter as it stands. */
export interface ShownCounter {
  readonly key: string
  readonly value: bigint
  readonly ops: number
}

/** The counters of one board, or those on none. */
export interface Board {
  /** Its keys, in order. */
  readonly keys: ReadonlySignal<readonly string[]>
  /** The sum of their values. */
  readonly total: ReadonlySignal<bigint>
}

class Rows implements Board {
  readonly keys = signal<readonly string[]>([])
  readonly total = signal(0n)
  /** Gathered while a `put` is under way. */
  added: string[] = []
  moved = 0n

  settle(): void {
    // A sort of two sorted runs is one merge, and new keys are rare next to changed values.
    if (this.added.length > 0)
      this.keys.value = [...this.keys.peek(), ...this.added].toSorted(compareKeys)
    if (this.moved !== 0n) this.total.value = this.total.peek() + this.moved
    this.added = []
    this.moved = 0n
  }
}

export class CounterTable {
  readonly #counters = new Map<string, Signal<ShownCounter>>()
  /** Of counters that someone looks at and that are not there yet: a link may lead to one before it has come. */
  readonly #awaited = new Map<string, Signal<ShownCounter>>()
  readonly #all = new Rows()
  readonly #boards = new Map<string, Rows>([['', new Rows()]])
  readonly #boardNames = signal<readonly string[]>([])

  /** All keys, in order. */
  get keys(): ReadonlySignal<readonly string[]> {
    return this.#all.keys
  }

  /** The names of all boards, in order; '' for no board is not among them. */
  get boardNames(): ReadonlySignal<readonly string[]> {
    return this.#boardNames
  }

  /** A board, also one with nothing on it yet. */
  board(name: string): Board {
    return this.#rows(name)
  }

  has(key: string): boolean {
    return this.#counters.has(key)
  }

  /** A counter, also one that is not there yet: it is 0 till then. */
  get(key: string): ReadonlySignal<ShownCounter> {
    const known = this.#counters.get(key) ?? this.#awaited.get(key)
    if (known !== undefined) return known
    const made = signal({ key, value: 0n, ops: 0 })
    this.#awaited.set(key, made)
    return made
  }

  /** Takes in how counters stand now, new ones among them. */
  put(counters: Iterable<ShownCounter>): void {
    batch(() => {
      const touched = new Set([this.#all])
      for (const counter of counters) {
        const rows = this.#rows(boardOf(counter.key))
        touched.add(rows)
        this.#putOne(counter, rows)
      }
      const named = [...touched].some((rows) => rows.added.length > 0 && rows !== this.#all)
      for (const rows of touched) rows.settle()
      if (named) this.#nameBoards()
    })
  }

  #putOne(counter: ShownCounter, rows: Rows): void {
    const known = this.#counters.get(counter.key)
    rows.moved += counter.value - (known?.peek().value ?? 0n)
    if (known !== undefined) known.value = counter
    else this.#add(counter, rows)
  }

  #add(counter: ShownCounter, rows: Rows): void {
    const awaited = this.#awaited.get(counter.key)
    this.#awaited.delete(counter.key)
    if (awaited !== undefined) awaited.value = counter
    this.#counters.set(counter.key, awaited ?? signal(counter))
    rows.added.push(counter.key)
    this.#all.added.push(counter.key)
  }

  #rows(board: string): Rows {
    const known = this.#boards.get(board)
    if (known !== undefined) return known
    const made = new Rows()
    this.#boards.set(board, made)
    return made
  }

  /** A board is there once something is counted on it. */
  #nameBoards(): void {
    const names = [...this.#boards]
      .filter(([name, { keys }]) => name !== '' && keys.peek().length > 0)
      .map(([name]) => name)
    if (names.length !== this.#boardNames.peek().length)
      this.#boardNames.value = names.toSorted(compareKeys)
  }
}
