// What is in LevelDB's folder, and whether all of it is whole: which the engine itself does not look at.
//
// LevelDB checks no block of a table unless it is asked to, and classic-level gives no way to ask. A
// flipped bit in a key can then hide thousands of keys that come after it, and nothing shows. Of a
// damaged log LevelDB drops what does not read, and says so only in its own LOG; then it deletes the
// log. So everything is looked at before the engine is let near. Reading and checking a
// million slots takes about 0.1 s of CPU, a tenth of what the engine's own scan of them takes.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readAll } from './file.ts'
import { type LogContent, readLog } from './log.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { readTable, type Table } from './table.ts'

/** The files that hold entries. Of a damaged MANIFEST: all there are. */
export interface Contents {
  readonly tables: readonly string[]
  /** In the order of writing. */
  readonly logs: readonly string[]
}

export interface Findings extends Contents {
  /** What has to be mended, though nothing is lost by it. In words, as is `lost`. */
  readonly mended: readonly string[]
  /** What entries are, or may be, lost by. */
  readonly lost: readonly string[]
}

const NOTHING: Findings = { tables: [], logs: [], mended: [], lost: [] }

/** Looks at everything in a folder that nobody writes to. */
export const inspect = async (folder: string): Promise<Findings> => {
  const files = (await readdir(folder)).toSorted()
  const hasContent = files.some((file) => /\.(ldb|sst|log)$/.test(file))
  // New, or LevelDB was cut off as it made the store.
  if (!hasContent && !files.includes('CURRENT')) return NOTHING
  const { manifest, mended, lost } = await findManifest(folder, files)
  const contents = contentsOf(files, manifest)
  const problems = { mended: [...mended], lost: [...lost] }
  for (const name of contents.tables) {
    const size = manifest?.tables.get(numberOf(name))
    const table = await tableProblems(join(folder, name), size)
    problems.mended.push(...table.mended)
    problems.lost.push(...table.lost)
  }
  problems.lost.push(...missingFrom(contents, manifest), ...(await logProblems(folder, contents)))
  return { ...contents, ...problems }
}

const numberOf = (name: string): number => Number.parseInt(name, 10)

interface FoundManifest {
  readonly manifest: Manifest | undefined
  readonly mended: readonly string[]
  readonly lost: readonly string[]
}

const findManifest = async (folder: string, files: readonly string[]): Promise<FoundManifest> => {
  const current = files.includes('CURRENT')
    ? Buffer.from(await readAll(join(folder, 'CURRENT'))).toString('latin1')
    : 'nothing'
  const named = files.find((file) => /^MANIFEST-\d+$/.test(file) && current === `${file}\n`)
  const name = named ?? files.findLast((file) => /^MANIFEST-\d+$/.test(file))
  const mended = named === undefined ? ['CURRENT names no MANIFEST'] : []
  if (name === undefined) return { manifest: undefined, mended, lost: ['there is no MANIFEST'] }
  const manifest = await manifestIn(join(folder, name))
  // One that ends in the middle of a record is as a power cut leaves it, if what it says is all there.
  const isUsable = manifest && missingFrom(contentsOf(files, manifest), manifest).length === 0
  if (isUsable || (manifest && !manifest.isTorn)) return { manifest, mended, lost: [] }
  return { manifest: undefined, mended, lost: [`${name} is damaged`] }
}

const manifestIn = async (path: string): Promise<(Manifest & { isTorn: boolean }) | undefined> => {
  const { records, gaps, isTorn } = readLog(await readAll(path))
  try {
    return gaps > 0 ? undefined : { ...readManifest(records), isTorn }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const contentsOf = (files: readonly string[], manifest: Manifest | undefined): Contents => {
  const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b)
  const tables = files.filter((file) => /^\d+\.(ldb|sst)$/.test(file)).toSorted(byNumber)
  const logs = files.filter((file) => /^\d+\.log$/.test(file)).toSorted(byNumber)
  if (manifest === undefined) return { tables, logs }
  return {
    tables: tables.filter((table) => manifest.tables.has(numberOf(table))),
    logs: logs.filter((log) => numberOf(log) >= manifest.log),
  }
}

const missingFrom = ({ tables, logs }: Contents, manifest: Manifest | undefined): string[] => {
  if (manifest === undefined) return []
  const present = new Set([...tables, ...logs].map(numberOf))
  const missing = [...manifest.tables.keys(), manifest.log].filter((file) => !present.has(file))
  return missing.map((file) => `file ${file} is missing`)
}

const tableProblems = async (
  path: string,
  size: number | undefined,
): Promise<{ mended: string[]; lost: string[] }> => {
  const bytes = await readAll(path)
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (size !== undefined && size !== bytes.length)
    return { mended: [], lost: [`${name} has ${bytes.length} bytes in place of ${size}`] }
  const table = readTable(bytes)
  if (!table.indexIsWhole) return { mended: [], lost: [`the index of ${name} is damaged`] }
  const mended = table.filterIsWhole ? [] : [`the filter of ${name} is damaged`]
  return { mended, lost: blockProblems(name, table) }
}

const blockProblems = (name: string, { blocks }: Table): string[] => {
  const damaged = blocks.filter(({ isWhole }) => !isWhole).length
  return damaged === 0 ? [] : [`${name} is damaged in ${damaged} of ${blocks.length} blocks`]
}

const logProblems = async (folder: string, { logs }: Contents): Promise<string[]> => {
  const problems: string[] = []
  // Back from the last: a log that ends in nothing readable is damaged if there is more in a later one.
  let isLast = true
  for (const name of logs.toReversed()) {
    const log = readLog(await readAll(join(folder, name)))
    const gaps = log.gaps + (log.isTorn && !isLast ? 1 : 0)
    if (gaps > 0)
      problems.unshift(`${name} is damaged in ${gaps} ${gaps === 1 ? 'place' : 'places'}`)
    isLast &&= isEmpty(log)
  }
  return problems
}

const isEmpty = ({ records }: LogContent): boolean => records.length === 0
