// What the benches have left in `bench/results`.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchResult, CheckedTarget } from '../runner/bench.ts'
import { formatNumber, type Row } from '../runner/table.ts'
import { OVERVIEW, type OverviewRow } from './rows.ts'

const FOLDER = join(import.meta.dirname, '..', 'results')

/** Undefined where the bench has not been run, or is not there any more. */
export const readResult = (name: string): BenchResult | undefined => {
  const file = join(FOLDER, `${name}.json`)
  if (!existsSync(file)) return undefined
  return JSON.parse(readFileSync(file, 'utf8')) as BenchResult
}

/** All of them, by name. */
export const readResults = (): BenchResult[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => readResult(file.slice(0, -'.json'.length))!)

/** How many times the limit is what was measured, where less is better. */
const strain = ({ measured, limit, kind }: CheckedTarget): number =>
  kind === 'at least' ? limit / measured : measured / limit

/** The target of a row that is hardest to meet, as it was last measured. */
export const worstOf = ({ bench, targets }: OverviewRow): CheckedTarget | undefined => {
  const measured = readResult(bench)?.targets.filter(({ name }) => targets.includes(name)) ?? []
  return measured.toSorted((a, b) => strain(a) - strain(b)).at(-1)
}

/** Today's figure of each of the targets that the whole was built to. */
export const overview = (): Row[] =>
  OVERVIEW.map((row) => {
    const target = worstOf(row)
    return {
      '': target === undefined ? 'not measured' : target.met ? 'met' : 'NOT MET',
      work: row.work,
      measured: target === undefined ? null : formatNumber(target.measured),
      target:
        target === undefined ? null : `${target.kind} ${formatNumber(target.limit)} ${target.unit}`,
      bench: row.bench,
    }
  })
