// Schedules that once broke a promise: kept, and run by `npm test`.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Plan } from './plan.ts'

export interface Regression {
  readonly file: string
  /** What it found, and what mended it. */
  readonly note: string
  readonly plan: Plan
}

/** Not there while it is empty: git keeps no empty folders. */
const folder = new URL('regressions/', import.meta.url)

/** Keeps a plan, under its seed's name until someone has a better one. */
export const keepRegression = (plan: Plan, note: string): void => {
  mkdirSync(folder, { recursive: true })
  const text = `${JSON.stringify({ note, plan }, null, 2)}\n`
  writeFileSync(new URL(`seed-${plan.seed}.json`, folder), text)
}

export const readRegressions = (): Regression[] =>
  globSync('*.json', { cwd: folder })
    .sort()
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Regression, 'file'>),
    }))
