// LevelDB's errors and the file system's, as errors of Tallymesh.
import { TallymeshError } from '@tallymesh/core'
import { describeHolder } from './disk-folder.ts'

/** Why a store in `folder` did not open. */
export const openError = async (folder: string, error: unknown): Promise<TallymeshError> => {
  if (error instanceof TallymeshError) return error
  const cause = rootCause(error)
  switch (codeOf(cause)) {
    case 'LEVEL_LOCKED':
      return new TallymeshError(
        'ERR_STORE_LOCKED',
        `the store in ${folder} is held by ${await describeHolder(folder)}; stop that one, or use another folder`,
        { cause },
      )
    case 'LEVEL_CORRUPTION':
      return corruptError(folder, cause)
    default:
      // Of LevelDB's files, one that another names is not there.
      if (codeOf(cause) === 'LEVEL_IO_ERROR' && messageOf(cause).includes('No such file'))
        return corruptError(folder, cause)
      return new TallymeshError(
        'ERR_STORE_WRITE',
        `the store in ${folder} can not be opened (${messageOf(cause)}); see that this user may write there, and that the disk has room`,
        { cause },
      )
  }
}

/** Why a store in `folder` did not take a commit. */
export const commitError = (folder: string, error: unknown): TallymeshError => {
  if (error instanceof TallymeshError) return error
  const cause = rootCause(error)
  return new TallymeshError(
    'ERR_STORE_WRITE',
    `the store in ${folder} did not take a commit (${messageOf(cause)}); see that the disk has room and can be written to`,
    { cause },
  )
}

/** Why a store in `folder` that is damaged (`found`) could not be written anew. */
export const repairError = (folder: string, found: string, error: unknown): TallymeshError => {
  const cause = rootCause(error)
  return new TallymeshError(
    'ERR_STORE_WRITE',
    `the store in ${folder} is damaged (${found}), and can not be written anew (${messageOf(cause)}); see that the disk has room for it once more, and can be written to. Nothing was changed`,
    { cause },
  )
}

/** A store in `folder` that can not be read, or not to its end. */
export const corruptError = (folder: string, cause: unknown): TallymeshError =>
  new TallymeshError(
    'ERR_STORE_CORRUPT',
    `the store in ${folder} can not be read (${messageOf(cause)}); put a backup in its place, or move the folder away and start without it: what other peers hold comes back from them`,
    { cause },
  )

/** classic-level wraps what went wrong in an error that only says that the database is not open. */
const rootCause = (error: unknown): unknown =>
  error instanceof Error && codeOf(error) === 'LEVEL_DATABASE_NOT_OPEN' && error.cause !== undefined
    ? error.cause
    : error

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
