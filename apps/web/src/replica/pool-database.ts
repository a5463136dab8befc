// The database of a pool: which identities there are, and where there are no locks, whose they are.
import { promisifyRequest } from 'idb-keyval'

/** 2 added what was released. */
const VERSION = 2
/** By number: a claim, or an empty object where nobody ever claimed it. */
export const IDENTITIES = 'identities'
/** The tokens of claims that were given up. */
export const RELEASED = 'released'

/** Throws what IndexedDB throws where there is none, as in some private windows. */
export async function openPoolDatabase(namespace: string): Promise<IDBDatabase> {
  const request = indexedDB.open(`tallymesh/${namespace}/pool`, VERSION)
  request.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) request.result.createObjectStore(IDENTITIES, { autoIncrement: true })
    if (oldVersion < 2) request.result.createObjectStore(RELEASED)
  }
  const db = await promisifyRequest(request)
  // A pool that was cleared starts anew with the next tab; this one has what it needs.
  db.onversionchange = () => db.close()
  return db
}
