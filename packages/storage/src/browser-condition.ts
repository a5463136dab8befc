// What can be wrong with a database in a browser, and in which words.
import { TallymeshError } from '@tallymesh/core'

export type BrowserStoreCondition =
  | 'ok'
  /** Another page keeps it from being opened; it opens once that one is gone. */
  | 'blocked'
  /** The browser had no room for a commit; the next one may succeed. */
  | 'full'
  /** A commit was refused for another reason; the next one may succeed. */
  | 'refused'
  /** Deleted, or the site's data cleared. For good. */
  | 'deleted'
  /** Closed by the browser, or for a newer page. For good. */
  | 'closed'
  /** Another holder has opened it. For good. */
  | 'taken'

/** Conditions that no later commit can end. */
export type Loss = 'deleted' | 'closed' | 'taken'

const LOSSES: Readonly<Record<Loss, string>> = {
  deleted: 'was deleted',
  closed: 'was closed by the browser, or for a newer page',
  taken: 'was taken over by another tab while this one was asleep',
}

export const lossError = (name: string, loss: Loss): TallymeshError =>
  new TallymeshError('ERR_STORE_WRITE', `${name} ${LOSSES[loss]}; reload the page`)

export const notOpenError = (name: string): TallymeshError =>
  new TallymeshError('ERR_STORE_WRITE', `${name} is not open; open it first`)

export const lockedError = (name: string, holder: string): TallymeshError =>
  new TallymeshError('ERR_STORE_LOCKED', `${name} is held by ${holder}; close that one first`)

export const openError = (name: string, cause: unknown): TallymeshError => {
  if (cause instanceof TallymeshError) return cause
  if (nameOf(cause) === 'VersionError')
    return new TallymeshError(
      'ERR_STORE_VERSION',
      `${name} was made by a newer page; reload to get the newer program`,
      { cause },
    )
  return new TallymeshError(
    'ERR_STORE_CORRUPT',
    `${name} can not be opened (${String(cause)}); see that this page may store data (not in every private window), or clear the data of this site`,
    { cause },
  )
}

/** What a failed commit says of the database, and the error for its caller. */
export const judgeFailure = (
  name: string,
  cause: unknown,
): { readonly condition: BrowserStoreCondition; readonly error: TallymeshError } => {
  const isFull = nameOf(cause) === 'QuotaExceededError'
  const reason = isFull
    ? 'the storage of this site is full; make room on the disk, or clear data of this site'
    : `the browser refused a commit (${String(cause)}); reload the page`
  return {
    condition: isFull ? 'full' : 'refused',
    error: new TallymeshError('ERR_STORE_WRITE', `${name}: ${reason}`, { cause }),
  }
}

const nameOf = (error: unknown): string =>
  error instanceof Error || error instanceof DOMException ? error.name : ''
