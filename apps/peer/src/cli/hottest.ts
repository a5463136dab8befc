// Which counters move the most: what a live view shows.
import { duration, plain } from './text.ts'

export interface Change {
  readonly key: string
  /** Decimal. */
  readonly value: string
  readonly ops: number
}

/** Rates are of about this long. */
const WINDOW_MS = 10_000
/** Counters that are kept: those that moved longest ago go first. */
const MAX_KEYS = 10_000
const BAR = 12

interface Moving {
  value: string
  ops: number
  /** When it was first heard of, or began to move again. */
  sinceMs: number
  /** `ops` then. */
  sinceOps: number
  /** Increments a second, an exponential mean. */
  rate: number
  atMs: number
}

export interface Hot {
  readonly key: string
  readonly value: string
  readonly ops: number
  readonly rate: number
}

export class Hottest {
  readonly #now: () => number
  /** In the order in which they last moved. */
  readonly #keys = new Map<string, Moving>()
  /** Changes heard of. */
  heard = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  add({ key, value, ops }: Change): void {
    const now = this.#now()
    this.heard++
    const known = this.#keys.get(key)
    this.#keys.delete(key)
    this.#keys.set(
      key,
      known === undefined ? first(value, ops, now) : moved(known, value, ops, now),
    )
    if (this.#keys.size > MAX_KEYS) this.#keys.delete(this.#keys.keys().next().value!)
  }

  /** The most moving ones first. */
  top(count: number): Hot[] {
    const now = this.#now()
    return [...this.#keys]
      .map(([key, { value, ops, rate, atMs }]) => ({
        key,
        value,
        ops,
        rate: rate * Math.exp(-(now - atMs) / WINDOW_MS),
      }))
      .toSorted((a, b) => b.rate - a.rate || (a.key < b.key ? -1 : 1))
      .slice(0, count)
  }
}

/** One change tells of no rate yet: at least one increment, within the window. */
const first = (value: string, ops: number, now: number): Moving => ({
  value,
  ops,
  sinceMs: now,
  sinceOps: ops,
  rate: 1000 / WINDOW_MS,
  atMs: now,
})

/** The rate of an exponential window: each increment adds its share, and all of it fades. */
const moved = (before: Moving, value: string, ops: number, now: number): Moving => {
  const fade = Math.exp(-(now - before.atMs) / WINDOW_MS)
  const more = Math.max(0, ops - before.ops)
  return { ...before, value, ops, rate: before.rate * fade + (more * 1000) / WINDOW_MS, atMs: now }
}

/** The view, in lines that fit a terminal. */
export const drawHottest = (
  hottest: Hottest,
  what: { readonly title: string; readonly forMs: number },
  size: { readonly columns: number; readonly rows: number },
): string[] => {
  const top = hottest.top(Math.max(1, size.rows - 4))
  const most = top[0]?.rate ?? 0
  const rows = top.map(({ key, value, ops, rate }) => [
    bar(rate, most),
    rate.toFixed(1),
    value,
    `${ops}`,
    plain(key),
  ])
  const head = ['', 'A SECOND', 'VALUE', 'OPS', 'KEY']
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) =>
        at === 4 ? cell : at === 0 ? cell.padEnd(BAR) : cell.padStart(widths[at]!),
      )
      .join('  ')
  return [
    `${what.title} for ${duration(what.forMs)}: ${hottest.heard} changes. Ctrl-C ends it.`,
    '',
    ...(rows.length === 0 ? ['nothing has changed yet'] : [line(head), ...rows.map(line)]),
  ].map((text) => fit(text, size.columns))
}

const bar = (rate: number, most: number): string =>
  '█'.repeat(most === 0 ? 0 : Math.max(1, Math.round((rate / most) * BAR)))

const fit = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
