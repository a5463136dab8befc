// Small values of the page itself, kept in IndexedDB and durable when their promise resolves: a browser
// writes localStorage to the disk only seconds later, and a crash takes it back.
import { get, promisifyRequest, set, type UseStore } from 'idb-keyval'

const DATABASE = 'tallymesh'
const STORE = 'values'

let opened: Promise<IDBDatabase> | undefined

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE)
  return promisifyRequest(request).then((db) => {
    const forget = (): void => {
      db.close()
      opened = undefined
    }
    db.onversionchange = forget
    db.onclose = forget
    return db
  })
}

const strict: UseStore = async (mode, callback) => {
  opened ??= open()
  const transaction = (await opened).transaction(STORE, mode, { durability: 'strict' })
  return callback(transaction.objectStore(STORE))
}

/** What is kept, of whatever kind; undefined where there is nothing, or no IndexedDB. */
export async function keptValue(name: string): Promise<unknown> {
  try {
    return await get<unknown>(name, strict)
  } catch {
    opened = undefined
    return undefined
  }
}

/** Keeps a value that a structured clone takes. False where the browser keeps nothing. */
export async function keepValue(name: string, value: unknown): Promise<boolean> {
  try {
    await set(name, value, strict)
    return true
  } catch {
    opened = undefined
    return false
  }
}
