// A damaged store is written anew from what can be read of it. What was found is kept, in `lost`.
//
//   repair/       whoever repairs holds the lock of the (empty) LevelDB in it
//   repair/new    the new store, while it is written
//   repair/ready  the new store, whole; the old files have yet to be moved to lost/<n>
//   repair/moving the old files are away; those of the new store have yet to be moved up
//
// So a crash at any moment leaves either the old store as it was or one that is finished at the next
// opening. LevelDB has a repair of its own, but it does not look at checksums either (folder.ts).
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TallymeshError } from '@tallymesh/core'
import { corruptError, repairError } from './disk-errors.ts'
import { describeHolder, syncFolder } from './disk-folder.ts'
import { isFree, type Level, openLevel } from './level.ts'
import { type Findings, inspect } from './leveldb/folder.ts'
import { salvage } from './leveldb/salvage.ts'

/** What a store lost to damage, in words. Under a space, which no record id has. */
export const LOSS_KEY = ' loss'

const BATCH_RECORDS = 10_000

/** LevelDB's files, but for its lock. */
const LEVELDB_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(ldb|sst|log|dbtmp)|LOG|LOG\.old)$/

/**
 * Sees that LevelDB can be let near the store in `folder`: looks at all of it, and repairs it where
 * something is damaged.
 *
 * @throws {TallymeshError} `ERR_STORE_CORRUPT` where nothing can be read; `ERR_STORE_LOCKED`;
 *   `ERR_STORE_WRITE` where there is no room for a new store
 */
export const makeWhole = async (folder: string): Promise<void> => {
  const isInterrupted = (await stageOf(folder)) !== undefined
  if (!isInterrupted && isWhole(await inspect(folder))) return
  await using _lock = await lockForRepair(folder)
  await finish(folder)
  // Once more: a repair by another process may just have ended.
  const findings = await inspect(folder)
  if (isWhole(findings)) return
  await writeAnew(folder, findings)
  await finish(folder)
}

const isWhole = ({ mended, lost }: Findings): boolean => mended.length + lost.length === 0

/** Nobody may use the store meanwhile, and nobody else repair it. */
const lockForRepair = async (folder: string): Promise<Level> => {
  if (!(await isFree(folder)))
    throw new TallymeshError(
      'ERR_STORE_LOCKED',
      `the store in ${folder} is held by ${await describeHolder(folder)}; stop that one, or use another folder`,
    )
  return openLevel(join(folder, 'repair'))
}

const writeAnew = async (folder: string, findings: Findings): Promise<void> => {
  const found = [...findings.lost, ...findings.mended].join('; ')
  const records = await salvage(folder, findings)
  if (records.size === 0)
    throw corruptError(folder, new Error(`${found}; and no record in it can be read`))
  const target = join(folder, 'repair', 'new')
  try {
    await rm(target, { recursive: true, force: true })
    if (findings.lost.length > 0) {
      const loss = `${findings.lost.join('; ')}; what was found is kept in ${join(folder, 'lost')}`
      records.set(LOSS_KEY, Buffer.from(joinLosses(records.get(LOSS_KEY), loss)))
    }
    await writeStore(target, records)
    await syncFolder(target)
    await rename(target, join(folder, 'repair', 'ready'))
    await syncFolder(join(folder, 'repair'))
  } catch (error) {
    await rm(target, { recursive: true, force: true })
    throw repairError(folder, found, error)
  }
}

/** What was lost before, and not yet dealt with, goes on to be told. */
export const joinLosses = (before: Uint8Array | undefined, loss: string): string =>
  before === undefined ? loss : `${Buffer.from(before).toString()}; ${loss}`

const writeStore = async (
  folder: string,
  records: ReadonlyMap<string, Uint8Array>,
): Promise<void> => {
  await using level = await openLevel(folder)
  const operations = [...records].map(([key, value]) => ({ type: 'put', key, value }) as const)
  for (let at = 0; at < operations.length; at += BATCH_RECORDS)
    await level.batch(operations.slice(at, at + BATCH_RECORDS), { sync: true })
}

type Stage = 'ready' | 'moving'

const stageOf = async (folder: string): Promise<Stage | undefined> => {
  for (const stage of ['ready', 'moving'] as const)
    if (await exists(join(folder, 'repair', stage))) return stage
  return undefined
}

/** Moves what is ready to its place, from wherever it was interrupted. */
const finish = async (folder: string): Promise<void> => {
  const [ready, moving] = [join(folder, 'repair', 'ready'), join(folder, 'repair', 'moving')]
  if ((await stageOf(folder)) === 'ready') {
    await moveFiles(folder, await nextLost(folder))
    await rename(ready, moving)
    await syncFolder(join(folder, 'repair'))
  }
  if ((await stageOf(folder)) === undefined) return
  await moveFiles(moving, folder)
  await rm(moving, { recursive: true })
}

/** CURRENT comes last: without it, LevelDB's files are no store. */
const moveFiles = async (from: string, to: string): Promise<void> => {
  const files = (await readdir(from)).filter((file) => LEVELDB_FILE.test(file))
  for (const file of [
    ...files.filter((one) => one !== 'CURRENT'),
    ...files.filter((one) => one === 'CURRENT'),
  ])
    await rename(join(from, file), join(to, file))
  await syncFolder(from)
  await syncFolder(to)
}

const nextLost = async (folder: string): Promise<string> => {
  const lost = join(folder, 'lost')
  await mkdir(lost, { recursive: true, mode: 0o700 })
  const numbers = (await readdir(lost)).map(Number).filter(Number.isSafeInteger)
  const path = join(lost, String(Math.max(0, ...numbers) + 1))
  await mkdir(path)
  await syncFolder(lost)
  await syncFolder(folder)
  return path
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
