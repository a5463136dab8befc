// The folder of a disk store, and the note in it that says who holds the store.
import { mkdir, open, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** Its name is not one of LevelDB's, which leaves it alone. */
const HOLDER_FILE = 'holder'

const TRIAL_FILE = 'trial'
/** What LevelDB writes as it opens, and a few commits. */
const TRIAL_BYTES = 1 << 16

/**
 * Makes the folder where there is none (for this user only), so that it outlives a power cut.
 *
 * @returns its real path: LevelDB knows its own locks in this process by path
 */
export const makeFolder = async (path: string): Promise<string> => {
  const folder = resolve(path)
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined)
    for (let at = folder; at.length >= made.length; at = dirname(at)) await syncFolder(dirname(at))
  return realpath(folder)
}

/** Flushes a folder's entries: LevelDB flushes what is in its folder, and not the folder's name. */
export const syncFolder = async (folder: string): Promise<void> => {
  try {
    await using handle = await open(folder, 'r')
    await handle.sync()
  } catch {
    // Not every system can, and not every parent may be read. The folder works all the same.
  }
}

/**
 * Writes a little, and takes it away again: whether there is room at all.
 *
 * @throws {Error} the system's
 */
export const tryToWrite = async (folder: string): Promise<void> => {
  const path = join(folder, TRIAL_FILE)
  try {
    await writeFile(path, new Uint8Array(TRIAL_BYTES), { flush: true })
  } finally {
    await rm(path, { force: true }).catch(() => undefined)
  }
}

/** Leaves a note for the message that the next one gets. LevelDB's lock decides; this does not. */
export const writeHolder = async (folder: string): Promise<void> => {
  await writeFile(join(folder, HOLDER_FILE), `${process.pid}\n`).catch(() => undefined)
}

export const removeHolder = async (folder: string): Promise<void> => {
  await rm(join(folder, HOLDER_FILE), { force: true }).catch(() => undefined)
}

/** Who holds the folder, in words: `process 4711`. */
export const describeHolder = async (folder: string): Promise<string> => {
  const note = await readFile(join(folder, HOLDER_FILE), 'utf8').catch(() => '')
  const pid = Number.parseInt(note, 10)
  if (!Number.isSafeInteger(pid)) return 'another process'
  return pid === process.pid ? `this process (${pid})` : `process ${pid}`
}
