// LevelDB, as this package opens it.
import { ClassicLevel } from 'classic-level'

export type Level = ClassicLevel<string, Uint8Array>

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/**
 * Without compression: a damaged compressed block is lost whole, some hundred records; one that is
 * not loses one record to a flipped bit, up to 16 where it hits what their keys share. It costs 27 %
 * of disk (a slot with a key of 16 bytes: 42 bytes in place of 33), and no time.
 */
const OPTIONS = { keyEncoding: 'utf8', valueEncoding: 'view', compression: false } as const

export const openLevel = async (folder: string): Promise<Level> => {
  const level: Level = new ClassicLevel(folder, OPTIONS)
  await level.open()
  return level
}

/** Whether nobody holds the LevelDB of a folder. Touches nothing in it but LevelDB's own LOG. */
export const isFree = async (folder: string): Promise<boolean> => {
  const level: Level = new ClassicLevel(folder, OPTIONS)
  try {
    // It can not open, for this or that reason; but first it asks for the lock.
    await level.open({ createIfMissing: false, errorIfExists: true })
    await level.close()
    return true
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return !(cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED')
  }
}
