// LevelDB, as this package opens it.
import { ClassicLevel } from 'classic-level'
import type { StoreBatch } from './store.ts'

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

/**
 * Writes a batch, and what goes before and after it, atomically and through to the disk.
 *
 * One by one into LevelDB's own batch: handing it a list of operations takes as much CPU again, most of
 * it to look up their fields from C++.
 */
export const writeAll = (
  level: Level,
  first: readonly Operation[],
  batch: StoreBatch,
  last: readonly Operation[],
): Promise<void> => {
  const written = level.batch()
  for (const operation of first) add(written, operation)
  for (const { id, bytes } of batch.put) written.put(id, bytes)
  for (const id of batch.delete) written.del(id)
  for (const operation of last) add(written, operation)
  return written.write({ sync: true })
}

const add = (written: ReturnType<Level['batch']>, operation: Operation): void => {
  if (operation.type === 'put') written.put(operation.key, operation.value)
  else written.del(operation.key)
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
