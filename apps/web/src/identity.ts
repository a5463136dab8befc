// Which replica this tab is. Identities are numbered from 0; a tab holds one by a Web Lock for as long
// as it lives, so that no two tabs ever write under one id, and a closed tab's id is used again.
import { get, set, type UseStore } from 'idb-keyval'

export interface Identity {
  readonly number: number
  /** The IndexedDB database of the replica. */
  readonly database: string
  /** The private key as libp2p's protobuf; made on first use, and kept before it is used. */
  readonly privateKey: Uint8Array<ArrayBuffer>
}

/** A tab that reloads meets its own lock, which the page before lets go of within some 25 ms. */
const ownLockWithinMs = 1_000

const lastNumber = (namespace: string): string => `tallymesh/${namespace}/identity`

/** Locks are for the life of a tab: the promise that holds one never settles. */
const forever = new Promise<never>(() => {})

/** Takes the lock if that is possible; never lets go of it. */
function hold(name: string, options: LockOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, options, (lock) => {
        resolve(lock !== null)
        return lock === null ? undefined : forever
      })
      .catch((error: unknown) => {
        const timedOut = error instanceof DOMException && error.name === 'TimeoutError'
        return timedOut ? resolve(false) : reject(error)
      })
  })
}

const lockName = (namespace: string, number: number): string =>
  `tallymesh identity ${number} of ${namespace}`

/** The number this tab had before a reload. A duplicated tab has a copy of it, and waits in vain. */
function numberBefore(namespace: string): number | undefined {
  const text = sessionStorage.getItem(lastNumber(namespace))
  return text === null ? undefined : Number(text)
}

async function takeNumber(namespace: string): Promise<number> {
  const before = numberBefore(namespace)
  if (before !== undefined) {
    const signal = AbortSignal.timeout(ownLockWithinMs)
    if (await hold(lockName(namespace, before), { signal })) return before
  }
  for (let number = 0; ; number++) {
    if (await hold(lockName(namespace, number), { ifAvailable: true })) return number
  }
}

/** A key that is used must be there after a crash: strict, where Chromium's default is relaxed. */
function strictStore(database: string, name: string): UseStore {
  const opened = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(database)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(name))
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
  return async (mode, callback) => {
    const transaction = (await opened).transaction(name, mode, { durability: 'strict' })
    return callback(transaction.objectStore(name))
  }
}

/** True as well where the browser can't tell (Firefox before 126). */
async function exists(database: string): Promise<boolean> {
  if (typeof indexedDB.databases !== 'function') return true
  const databases = await indexedDB.databases()
  return databases.some(({ name }) => name === database)
}

/**
 * A key outlives its replica's database only if somebody deleted that. Then it must not be used
 * again: the replica would count from 1 anew, under an id of which peers know more.
 */
async function keptKey(
  database: string,
  makeKey: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const store = strictStore(`${database}/identity`, 'identity')
  const kept = await get<Uint8Array<ArrayBuffer>>('private-key', store)
  if (kept !== undefined && (await exists(database))) return kept
  const made = await makeKey()
  await set('private-key', made, store)
  return made
}

/** Whether tabs can be told apart here: browsers have Web Locks only in a secure context. */
export const canHoldIdentity = (): boolean => navigator.locks !== undefined

/** Takes a free identity of this origin and namespace for as long as the tab lives. */
export async function holdIdentity(
  namespace: string,
  makeKey: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Identity> {
  const number = await takeNumber(namespace)
  sessionStorage.setItem(lastNumber(namespace), String(number))
  const database = `tallymesh/${namespace}/${number}`
  return { number, database, privateKey: await keptKey(database, makeKey) }
}
