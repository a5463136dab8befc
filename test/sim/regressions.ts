// Schedules that once broke a promise: kept, and run by `npm test`.
import { globSync, readFileSync } from 'node:fs'
import type { Plan } from './plan.ts'

export interface Regression {
  readonly file: string
  /** What it found, and what mended it. */
  readonly note: string
  readonly plan: Plan
}

/** Not there while it is empty: git keeps no empty folders. */
const folder = new URL('regressions/', import.meta.url)

export const readRegressions = (): Regression[] =>
  globSync('*.json', { cwd: folder })
    .sort()
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Regression, 'file'>),
    }))
