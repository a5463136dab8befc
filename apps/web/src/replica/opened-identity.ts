// An identity with its store and key: what a replica needs to start.
import type { PrivateKey } from '@libp2p/interface'
import { TallymeshError } from '@tallymesh/core'
import type { ReplicaStore } from '@tallymesh/storage'
import { BrowserStore, type BrowserStoreCondition } from '@tallymesh/storage/browser'
import { MemoryStore } from '@tallymesh/storage/memory'
import { alreadyOpen } from './held-store.ts'
import { IdentityPool, type PooledIdentity, sessionMemory } from './pool.ts'
import { makePrivateKey, packKey, unpackKey } from './private-key.ts'

/** The note in which a store keeps the key of its replica: it goes when that goes. */
const KEY = 'private-key'

const LOCK_MS = 2_000
const LOCK_STEP_MS = 20

/** What a tab starts its replica with. */
export interface OpenedIdentity {
  readonly privateKey: PrivateKey
  /** Open. */
  readonly store: ReplicaStore
  /** Where it is kept; undefined where it is in memory only. */
  readonly kept: KeptIdentity | undefined
  /** Why it is not kept; null where it is. */
  readonly whyNot: string | null
}

export interface KeptIdentity {
  readonly pool: IdentityPool
  readonly identity: PooledIdentity
  readonly store: BrowserStore
}

/** The key in an open store; undefined where there is none that can be read. */
export async function keyIn(store: BrowserStore): Promise<PrivateKey | undefined> {
  const kept = await store.note(KEY)
  if (!(kept instanceof Uint8Array)) return undefined
  try {
    return unpackKey(kept)
  } catch {
    return undefined
  }
}

/** A key that is used must be there after a crash: it is kept before it is used. */
async function keyOf(store: BrowserStore): Promise<PrivateKey> {
  const kept = await keyIn(store)
  if (kept !== undefined) return kept
  // None: a new database, or one that lost it. What it holds becomes another's, and is still held.
  const made = await makePrivateKey()
  await store.keepNote(KEY, packKey(made))
  return made
}

/** The locks of a tab that was closed go one after the other: that of its identity may go first. */
async function openPatiently(store: BrowserStore): Promise<void> {
  for (let waited = 0; ; waited += LOCK_STEP_MS)
    try {
      return await store.open()
    } catch (error) {
      const isHeld = error instanceof TallymeshError && error.code === 'ERR_STORE_LOCKED'
      if (!isHeld || waited >= LOCK_MS) throw error
      await new Promise((resolve) => setTimeout(resolve, LOCK_STEP_MS))
    }
}

async function openKept(
  namespace: string,
  onCondition: (condition: BrowserStoreCondition) => void,
): Promise<OpenedIdentity> {
  const pool = await IdentityPool.open(namespace)
  const identity = await pool.take(sessionMemory(namespace))
  const store = new BrowserStore({ database: identity.database, onCondition })
  try {
    await openPatiently(store)
    const privateKey = await keyOf(store)
    const kept = { pool, identity, store }
    return { privateKey, store: alreadyOpen(store), kept, whyNot: null }
  } catch (error) {
    await store.close()
    identity.release()
    pool.close()
    throw error
  }
}

/**
 * Takes an identity of the pool, or where this browser keeps nothing, one that lives and dies with the
 * tab: under a key that nobody else has, so that it is nobody else's id.
 */
export async function openIdentity(
  namespace: string,
  onCondition: (condition: BrowserStoreCondition) => void,
): Promise<OpenedIdentity> {
  try {
    return await openKept(namespace, onCondition)
  } catch (error) {
    const whyNot = error instanceof Error ? error.message : String(error)
    const store = Object.assign(new MemoryStore(), { isProof: true })
    return { privateKey: await makePrivateKey(), store, kept: undefined, whyNot }
  }
}
