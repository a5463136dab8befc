import 'fake-indexeddb/auto'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { DistributedKeyCounter } from '@tallymesh/core'
import { BrowserStore } from '@tallymesh/storage/browser'
import {
  type CounterService,
  loadCounter,
  type Network,
  type SignedDelta,
  startReplica,
  systemClock,
} from '@tallymesh/sync'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { alreadyOpen } from './held-store.ts'
import { LockedLeases } from './locked-leases.ts'
import type { KeptIdentity } from './opened-identity.ts'
import { IdentityPool } from './pool.ts'
import { makePrivateKey, packKey } from './private-key.ts'
import { takeUpLeft } from './take-up.ts'

/** Of its own for each test: Web Locks are there between all that runs in one process. */
let namespace = ''
let tests = 0
beforeEach(() => {
  namespace = `shop ${tests++}`
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => void vi.restoreAllMocks())

const unreachable = (self: string): Network => ({
  self,
  start: async () => {},
  stop: async () => {},
  peers: () => [],
  publish: () => false,
  open: () => Promise.reject(new Error('nobody is in reach')),
  verify: async () => false,
})

/** A tab with no network. */
class OfflineTab {
  readonly kept: KeptIdentity
  readonly service: CounterService
  readonly peer: string
  /** What was handed on through it. */
  readonly handedOn: SignedDelta[] = []

  private constructor(kept: KeptIdentity, service: CounterService, peer: string) {
    this.kept = kept
    this.service = service
    this.peer = peer
    vi.spyOn(service, 'handOn').mockImplementation((delta) => void this.handedOn.push(delta))
  }

  static async open(): Promise<OfflineTab> {
    const pool = await IdentityPool.open(namespace, (name) => new LockedLeases(name))
    const identity = await pool.take({ get: () => undefined, set: () => {} })
    const store = new BrowserStore({ database: identity.database })
    await store.open()
    const key = await makePrivateKey()
    await store.keepNote('private-key', packKey(key))
    const peer = peerIdFromPrivateKey(key).toString()
    const service = await startReplica({
      network: unreachable(peer),
      store: alreadyOpen(store),
      namespace,
      members: [],
      clock: systemClock,
      random: Math.random,
      log: { info() {}, warn() {} },
    })
    return new OfflineTab({ pool, identity, store }, service, peer)
  }

  get handedOnBytes(): number[][] {
    return this.handedOn.map(({ bytes, signature }) => [...bytes, ...signature])
  }

  takeUp(): Promise<void> {
    return takeUpLeft(this.kept, this.service, namespace)
  }

  async close(): Promise<void> {
    await this.service.stop()
    await this.kept.store.close()
    this.kept.identity.release()
    this.kept.pool.close()
  }
}

/** Opens tabs side by side, has each count, and closes them. */
async function leave(...amounts: readonly number[]): Promise<OfflineTab[]> {
  const tabs: OfflineTab[] = []
  for (const _ of amounts) tabs.push(await OfflineTab.open())
  for (const [n, amount] of amounts.entries()) await tabs[n]!.service.increment('apples', amount)
  return tabs
}

async function closeAll(tabs: readonly OfflineTab[]): Promise<void> {
  for (const tab of tabs) await tab.close()
}

test('what closed tabs counted is joined in, and handed on under their own signatures', async () => {
  const tab = await OfflineTab.open()
  const left = await leave(1, 10)
  await closeAll(left)
  await tab.takeUp()
  expect(tab.service.getValue('apples')).toBe(11n)
  expect(tab.handedOn).toHaveLength(2)
  const owners = tab.handedOn.map(({ bytes }) => new TextDecoder().decode(bytes))
  for (const [n, { peer }] of left.entries()) expect(owners[n]).toContain(peer)
  await tab.close()
})

test('what was joined is durable: the tab’s own store holds it', async () => {
  const tab = await OfflineTab.open()
  await closeAll(await leave(5))
  await tab.takeUp()
  await tab.service.stop()
  await tab.kept.store.open()
  expect((await loadCounter(tab.kept.store, tab.peer)).getValue('apples')).toBe(5n)
  await tab.kept.store.close()
})

test('of a tab that is open nothing is taken', async () => {
  const tab = await OfflineTab.open()
  const [open] = await leave(3)
  await tab.takeUp()
  expect(tab.service.getValue('apples')).toBe(0n)
  await open!.close()
  await tab.takeUp()
  expect(tab.service.getValue('apples')).toBe(3n)
  await tab.close()
})

test('what did not move since is neither joined nor signed again, but handed on each time', async () => {
  const tab = await OfflineTab.open()
  // Opened before: it would lease the identity of the one that is left.
  const other = await OfflineTab.open()
  await closeAll(await leave(2))
  const join = vi.spyOn(tab.service, 'applyEncoded')
  await tab.takeUp()
  expect(join).toHaveBeenCalledTimes(1)
  await tab.takeUp()
  expect(join).toHaveBeenCalledTimes(1)
  expect(tab.handedOn).toHaveLength(2)
  expect(tab.handedOnBytes[1]).toEqual(tab.handedOnBytes[0])

  // Another tab finds it signed, and joins it in itself.
  const sign = vi.spyOn(BrowserStore.prototype, 'keepNote')
  await other.takeUp()
  expect(other.service.getValue('apples')).toBe(2n)
  expect(other.handedOnBytes).toEqual([tab.handedOnBytes[0]])
  expect(sign.mock.calls.map(([name]) => name)).not.toContain('signed')
  await closeAll([tab, other])
})

test('one that is damaged or never had a key does not keep the others from being taken up', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const tab = await OfflineTab.open()
  const [damaged, keyless, good] = await leave(1, 10, 100)
  await keyless!.kept.store.keepNote('private-key', 'no key')
  await closeAll([damaged!, keyless!, good!])
  // A database that this program can't read: of a newer one.
  const newer = indexedDB.open(damaged!.kept.identity.database, 99)
  await new Promise((resolve) => (newer.onsuccess = resolve))
  newer.result.close()

  await tab.takeUp()
  expect(tab.service.getValue('apples')).toBe(100n)
  expect(tab.handedOn).toHaveLength(1)
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn.mock.calls[0]![0]).toBe(`could not take up identity ${damaged!.kept.identity.number}`)
  await tab.close()
})

test('what a tab had joined from others is joined in as well, and signed by nobody', async () => {
  const tab = await OfflineTab.open()
  const [left] = await leave(1)
  const elsewhere = new DistributedKeyCounter({ replica: 'elsewhere' })
  elsewhere.increment('pears', 7)
  await left!.service.merge(elsewhere)
  await left!.close()
  await tab.takeUp()
  expect(tab.service.getValue('pears')).toBe(7n)
  expect(tab.handedOn).toHaveLength(1)
  await tab.close()
})
