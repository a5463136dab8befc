// The frame of a bench: it measures, prints tables and targets as they come, and leaves one JSON file.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { thisMachine, type Machine } from './machine.ts'
import { formatNumber, formatTable, type Row } from './table.ts'

const RESULTS = join(import.meta.dirname, '..', 'results')

/** A named limit, and what was measured. */
export interface Target {
  readonly name: string
  readonly measured: number
  readonly limit: number
  /** What numbers count: `bytes`, `ms`, `× of …`. */
  readonly unit: string
  /** Whether the measured may not pass the limit, or must reach it. */
  readonly kind: 'at most' | 'less than' | 'at least'
}

/** A target, and whether what was measured meets it. */
export interface CheckedTarget extends Target {
  readonly met: boolean
}

export interface Table {
  readonly title: string
  readonly rows: readonly Row[]
}

/** What a bench leaves as JSON. */
export interface BenchResult {
  readonly name: string
  readonly question: string
  readonly machine: Machine
  readonly tables: readonly Table[]
  readonly notes: readonly { readonly text: string }[]
  readonly targets: readonly CheckedTarget[]
}

/** What a bench is given to measure and to tell with. */
export class Bench {
  /** A short run: smaller sizes, fewer rounds. It leaves no JSON. */
  readonly quick: boolean
  readonly #tables: Table[] = []
  readonly #notes: string[] = []
  readonly #targets: CheckedTarget[] = []

  constructor(quick: boolean) {
    this.quick = quick
  }

  /** Shows what is going on, on a terminal. */
  readonly progress = (doing: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${doing}…\u001b[K`)
  }

  table(title: string, rows: readonly Row[]): void {
    this.#clear()
    this.#tables.push({ title, rows })
    console.log(`\n${title}\n${formatTable(rows)}`)
  }

  /** How something was counted: what a reader of the tables needs to know. */
  note(text: string): void {
    this.#clear()
    this.#notes.push(text)
    console.log(`\n${text}`)
  }

  target(name: string, measured: number, kind: Target['kind'], limit: number, unit: string): void {
    const met = isMet(measured, kind, limit)
    this.#targets.push({ name, measured, kind, limit, unit, met })
  }

  /** The last word: which targets are met, worst first where they are not. */
  finish(name: string, question: string): void {
    this.#clear()
    const rows = this.#targets.map(({ met, ...target }) => ({
      '': met ? 'met' : 'NOT MET',
      target: target.name,
      measured: formatNumber(target.measured),
      limit: `${target.kind} ${formatNumber(target.limit)} ${target.unit}`,
    }))
    if (rows.length > 0) console.log(`\nTargets\n${formatTable(rows)}`)
    const met = this.#targets.filter((target) => target.met).length
    console.log(`\n${name}: ${met} of ${this.#targets.length} targets met`)
    if (!this.quick) this.#write(name, question)
  }

  #write(name: string, question: string): void {
    mkdirSync(RESULTS, { recursive: true })
    const result: BenchResult = {
      name,
      question,
      machine: thisMachine(),
      tables: this.#tables,
      notes: this.#notes.map((text) => ({ text })),
      targets: this.#targets,
    }
    writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(result, shorten, 2)}\n`)
  }

  #clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  }
}

const isMet = (measured: number, kind: Target['kind'], limit: number): boolean => {
  if (kind === 'at least') return measured >= limit
  return kind === 'at most' ? measured <= limit : measured < limit
}

/** Four digits of a measured time are more than there is to it. */
const shorten = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value

/**
 * Runs a bench: the only call at the top of a script.
 *
 * @param name of the script, and of its JSON
 * @param question what it answers, in one sentence
 */
export const runBench = async (
  name: string,
  question: string,
  measure: (bench: Bench) => Promise<void>,
): Promise<void> => {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  const bench = new Bench(values.quick)
  console.log(`\n${name}: ${question}`)
  await measure(bench)
  bench.finish(name, question)
}
