// Takes up what closed tabs have counted: joins it in, and hands it on under the key it was counted by.
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type DistributedKeyCounter, encodeState } from '@tallymesh/core'
import { BrowserStore } from '@tallymesh/storage/browser'
import { type CounterService, loadCounter, signDelta, type SignedDelta } from '@tallymesh/sync'
import { type KeptIdentity, keyIn } from './opened-identity.ts'
import type { PooledIdentity } from './pool.ts'

/** In the store of a closed tab: what it wrote, signed, as of a number of commits. */
const SIGNED = 'signed'

/** A peer takes no message above 4 MiB; a key, by which a delta is mostly large, is at most 512 bytes. */
const MAX_SIGNED_BYTES = 3 * 1024 * 1024

interface Signed {
  readonly commits: number
  readonly deltas: readonly SignedDelta[]
}

/** In this tab's own store: up to which commit it has joined another's. */
const takenNote = (owner: string): string => `taken/${owner}`

/** Takes up every identity of the pool that nobody holds. */
export async function takeUpLeft(
  { pool, store: own }: KeptIdentity,
  service: CounterService,
  namespace: string,
): Promise<void> {
  await pool.forEachLeft(async (identity) => {
    const store = new BrowserStore({ database: identity.database })
    try {
      await store.open()
      const key = await keyIn(store)
      // Without a key nothing was ever counted under it.
      if (key !== undefined) await takeUp({ own, service, namespace, store, key })
    } catch (error) {
      // One that is damaged must not keep the others from being taken up.
      console.warn(`could not take up ${nameOf(identity)}`, error)
    } finally {
      await store.close()
    }
  })
}

interface Left {
  readonly own: BrowserStore
  readonly service: CounterService
  readonly namespace: string
  readonly store: BrowserStore
  readonly key: PrivateKey
}

async function takeUp(left: Left): Promise<void> {
  const { own, service, store, key } = left
  const owner = peerIdFromPrivateKey(key).toString()
  // A store with as many commits as when it was looked at last holds what it held then.
  const isJoined = (await own.note(takenNote(owner))) === store.commits
  let signed = await signedIn(store)
  if (!isJoined || signed?.commits !== store.commits) {
    const counter = await loadCounter(store, owner)
    if (!isJoined)
      for (const delta of counter.state()) await service.applyEncoded(encodeState([delta]))
    if (signed?.commits !== store.commits) signed = await sign(left, owner, counter)
    await own.keepNote(takenNote(owner), store.commits)
  }
  for (const delta of signed.deltas) service.handOn(delta)
}

/** Signs what the owner wrote, under each of its epochs, and keeps that: it takes as long as it is large. */
async function sign(
  { key, namespace, store }: Left,
  owner: string,
  counter: DistributedKeyCounter,
): Promise<Signed> {
  const deltas: SignedDelta[] = []
  for (const replica of counter.replicas()) {
    if (replica !== owner && !replica.startsWith(`${owner}.`)) continue
    const delta = counter.deltaSince(replica, 0)
    if (delta.to === 0) continue
    const signed = await signDelta((bytes) => key.sign(bytes), namespace, delta)
    // One that is larger goes with the tab that next leases the identity.
    if (signed.bytes.length <= MAX_SIGNED_BYTES) deltas.push(signed)
  }
  // The note is a commit, too.
  const signed = { commits: store.commits + 1, deltas }
  await store.keepNote(SIGNED, signed)
  return signed
}

async function signedIn(store: BrowserStore): Promise<Signed | undefined> {
  const note = await store.note(SIGNED)
  if (typeof note !== 'object' || note === null) return undefined
  const { commits, deltas } = note as Partial<Signed>
  return typeof commits === 'number' && Array.isArray(deltas) ? { commits, deltas } : undefined
}

const nameOf = ({ number }: PooledIdentity): string => `identity ${number}`
