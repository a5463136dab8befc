// Files that hold a secret: made for their owner only, and not read where everyone could.
import { randomUUID } from 'node:crypto'
import { link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const OTHERS = 0o007
const GROUP = 0o070

export interface Secret {
  readonly bytes: Buffer
  /** The owner's group may read or change it: a mistake on most machines, the way of some containers. */
  readonly groupMay: boolean
}

/**
 * @param what it is, for people
 * @throws where it can not be read, or where any user of this machine can
 */
export const readSecret = async (file: string, what: string): Promise<Secret> => {
  const handle = await open(file, 'r')
  try {
    const { mode } = await handle.stat()
    if ((mode & OTHERS) !== 0)
      throw new Error(
        `every user of this machine may open ${what} ${file} (mode ${octal(mode)}), so it is a secret no more. If none of them did, "chmod 600 ${file}" mends it; else make a new one`,
      )
    return { bytes: await handle.readFile(), groupMay: (mode & GROUP) !== 0 }
  } finally {
    await handle.close()
  }
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0')

/**
 * Puts a new secret in place whole, durably, with mode 0600. `link` refuses an existing name, so of two
 * processes that do this together one wins, and the other is told so.
 *
 * @throws `EEXIST` where there is such a file
 */
export const createSecret = async (file: string, bytes: Uint8Array): Promise<void> => {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeDurably(draft, bytes)
    await link(draft, file)
    await syncFolder(dirname(file))
  } finally {
    await rm(draft, { force: true })
  }
}

const writeDurably = async (file: string, bytes: Uint8Array): Promise<void> => {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
