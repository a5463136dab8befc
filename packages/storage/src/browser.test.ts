// Against an IndexedDB in memory: what a real browser can not be made to do on demand. The suite of
// all stores runs in a real one, in test/storage.browser.test.ts.
import 'fake-indexeddb/auto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { BrowserStore } from './browser.ts'
import { storeConformance } from './conformance.ts'

let count = 0
const newDatabase = (): string => `database-${count++}`
const batch = { put: [{ id: 'a', bytes: Uint8Array.of(1) }], delete: [] }

describe('BrowserStore conforms', () => {
  const databases = new WeakMap<object, string>()
  const open = (database: string): BrowserStore => {
    const store = new BrowserStore({ database })
    databases.set(store, database)
    return store
  }
  const suite = storeConformance({
    create: () => open(newDatabase()),
    reopen: (store) => open(databases.get(store)!),
  })
  test.each(suite)('$name', ({ run }) => run())
})

describe('BrowserStore', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })

  test('asks for strict durability', async () => {
    const store = new BrowserStore({ database: newDatabase() })
    await store.open()
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction')
    await store.commit(batch)
    expect(transaction.mock.calls).toEqual([
      [['records', 'lease'], 'readwrite', { durability: 'strict' }],
    ])
    await store.close()
  })

  test('refuses commits after its database was deleted', async () => {
    const database = newDatabase()
    const store = new BrowserStore({ database })
    await store.open()
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(database).onsuccess = resolve
    })
    await expect(store.commit(batch)).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringContaining('was deleted'),
    })
    await store.close()
  })

  test('says that storage is full', async () => {
    const store = new BrowserStore({ database: newDatabase() })
    await store.open()
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('no room', 'QuotaExceededError')
    })
    await expect(store.commit(batch)).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringContaining('full'),
    })
    vi.restoreAllMocks()
    await store.commit(batch)
    await store.close()
  })

  test('changes nothing when one write of a batch fails', async () => {
    const store = new BrowserStore({ database: newDatabase() })
    await store.open()
    const original = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      value,
      key,
    ) {
      if (key === 'b') throw new DOMException('no room', 'QuotaExceededError')
      return Reflect.apply(original?.value, this, [value, key])
    })
    const two = { put: [...batch.put, { id: 'b', bytes: Uint8Array.of(2) }], delete: [] }
    await expect(store.commit(two)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' })
    for await (const chunk of store.load()) expect(chunk).toEqual([])
    await store.close()
  })

  test('refuses the database of a newer page', async () => {
    const database = newDatabase()
    await new Promise((resolve) => {
      const request = indexedDB.open(database, 3)
      request.onsuccess = () => resolve(request.result.close())
    })
    const store = new BrowserStore({ database })
    await expect(store.open()).rejects.toMatchObject({ code: 'ERR_STORE_VERSION' })
  })

  test('writes nothing once another holder has opened it, and knows when it looks', async () => {
    // As on plain HTTP, where nothing but the lease keeps two holders apart.
    vi.stubGlobal('navigator', {})
    const database = newDatabase()
    const conditions: string[] = []
    const first = new BrowserStore({ database, onCondition: (each) => conditions.push(each) })
    await first.open()
    await first.commit(batch)
    const second = new BrowserStore({ database })
    await second.open()
    const late = { put: [{ id: 'a', bytes: Uint8Array.of(2) }], delete: [] }
    await expect(first.commit(late)).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringContaining('another tab'),
    })
    await expect(first.keepNote('n', 1)).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' })
    expect(conditions).toEqual(['taken'])
    const chunks: unknown[][] = []
    for await (const chunk of second.load()) chunks.push([...chunk])
    expect(chunks.flat()).toEqual([{ id: 'a', bytes: Uint8Array.of(1) }])

    const third = new BrowserStore({ database })
    await third.open()
    expect(second.condition).toBe('ok')
    await second.verify()
    expect(second.condition).toBe('taken')
    await Promise.all([first, second, third].map((store) => store.close()))
  })

  test('counts commits over all holders, and keeps notes in the same database', async () => {
    const database = newDatabase()
    const first = new BrowserStore({ database })
    await first.open()
    await first.keepNote('private-key', Uint8Array.of(7))
    await first.commit(batch)
    expect(first.commits).toBe(2)
    await first.close()
    const second = new BrowserStore({ database })
    await second.open()
    expect(second.commits).toBe(2)
    expect(await second.note('private-key')).toEqual(Uint8Array.of(7))
    expect(await second.note('other')).toBeUndefined()
    await second.close()
  })

  test('takes over the database of an earlier version, and tells an older page that holds it', async () => {
    const database = newDatabase()
    const old = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(database, 1)
      request.onupgradeneeded = () => request.result.createObjectStore('records')
      request.onsuccess = () => resolve(request.result)
    })
    const conditions: string[] = []
    const store = new BrowserStore({ database, onCondition: (each) => conditions.push(each) })
    const opening = store.open()
    await vi.waitFor(() => expect(conditions).toEqual(['blocked']), 10_000)
    old.close()
    await opening
    expect(conditions).toEqual(['blocked', 'ok'])
    await store.commit(batch)
    await store.close()
  })
})
