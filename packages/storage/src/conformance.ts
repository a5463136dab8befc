// The suite that every store passes. It needs no test runner, so that it runs in a page as well.
import { TallymeshError, type ErrorCode } from '@tallymesh/core'
import type { ReplicaStore, StoredRecord } from './store.ts'

/** How to come by stores. */
export interface ConformanceOptions {
  /** A new store that holds nothing and is not open, in a place of its own. */
  readonly create: () => ReplicaStore | Promise<ReplicaStore>
  /** Another handle on the place of `store`, as after a restart; the same object if left out. */
  readonly reopen?: (store: ReplicaStore) => ReplicaStore | Promise<ReplicaStore>
  /** Clears away what `create` made. The stores are closed by then. */
  readonly remove?: (store: ReplicaStore) => void | Promise<void>
}

/** One test: it passes when `run` resolves. */
export interface ConformanceCase {
  readonly name: string
  readonly run: () => Promise<void>
}

/**
 * ```ts
 * import { describe, test } from 'vitest'
 * describe('MyStore', () => {
 *   const suite = storeConformance({ create: () => new MyStore(newPlace()) })
 *   test.each(suite)('$name', ({ run }) => run())
 * })
 * ```
 */
export const storeConformance = (options: ConformanceOptions): readonly ConformanceCase[] =>
  Object.entries(cases).map(([name, body]) => ({
    name,
    run: async () => {
      const place = new Place(options)
      try {
        await body(place)
      } finally {
        await place.leave()
      }
    },
  }))

/** One store's place, and all handles that a case takes on it. */
class Place {
  readonly #options: ConformanceOptions
  readonly #handles: ReplicaStore[] = []

  constructor(options: ConformanceOptions) {
    this.#options = options
  }

  /** A handle, not open: the first one makes the place. */
  async handle(): Promise<ReplicaStore> {
    const [first] = this.#handles
    const { create, reopen } = this.#options
    const store = first === undefined ? await create() : reopen ? await reopen(first) : first
    this.#handles.push(store)
    return store
  }

  async opened(): Promise<ReplicaStore> {
    const store = await this.handle()
    await store.open()
    return store
  }

  async leave(): Promise<void> {
    for (const store of this.#handles) await store.close()
    const [first] = this.#handles
    if (first) await this.#options.remove?.(first)
  }
}

const cases: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  'a new store holds nothing': async (place) => {
    const store = await place.opened()
    same(await contents(store), [])
  },

  'puts, overwrites and deletes': async (place) => {
    const store = await place.opened()
    await store.commit({ put: [rec('a', 1), rec('b', 2), rec('c', 3)], delete: [] })
    await store.commit({ put: [rec('b', 20)], delete: ['a', 'never-there'] })
    same(await contents(store), [rec('b', 20), rec('c', 3)])
  },

  'an empty batch changes nothing': async (place) => {
    const store = await place.opened()
    await store.commit({ put: [rec('a', 1)], delete: [] })
    await store.commit({ put: [], delete: [] })
    same(await contents(store), [rec('a', 1)])
  },

  'another handle sees every commit after a close': async (place) => {
    const store = await place.opened()
    await store.commit({ put: [rec('a', 1), rec('b', 2)], delete: [] })
    await store.commit({ put: [rec('c', 3)], delete: ['a'] })
    await store.close()
    same(await contents(await place.opened()), [rec('b', 2), rec('c', 3)])
  },

  'a refused batch changes nothing, whatever else is in it': async (place) => {
    const store = await place.opened()
    await store.commit({ put: [rec('a', 1)], delete: [] })
    const twice = { put: [rec('b', 2), rec('a', 10)], delete: ['a'] }
    await refused('ERR_INVALID_ARGUMENT', () => store.commit(twice))
    await refused('ERR_INVALID_ARGUMENT', () =>
      store.commit({ put: [rec('b', 2), rec('b', 3)], delete: [] }),
    )
    await refused('ERR_INVALID_ARGUMENT', () =>
      store.commit({ put: [rec('b', 2), rec('é', 3)], delete: [] }),
    )
    same(await contents(store), [rec('a', 1)])
    await store.close()
    same(await contents(await place.opened()), [rec('a', 1)])
  },

  'holds 10,000 records of one batch': async (place) => {
    const many = Array.from({ length: 10_000 }, (_, i) => rec(`s/0/${i.toString(36)}`, i, i >>> 8))
    const store = await place.opened()
    await store.commit({ put: many, delete: [] })
    const gone = many.slice(0, 9_990).map(({ id }) => id)
    same(await contents(store), many)
    await store.commit({ put: [], delete: gone })
    await store.close()
    same(await contents(await place.opened()), many.slice(9_990))
  },

  'gives back every byte as it was': async (place) => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    const put = [
      { id: 'empty', bytes: new Uint8Array() },
      { id: 'every-byte', bytes: all },
      { id: 'part-of-a-buffer', bytes: all.subarray(100, 103) },
      { id: 'zero', bytes: new Uint8Array(3) },
      { id: 'large', bytes: new Uint8Array(300_000).fill(0xa5) },
      { id: 's/1z/2', bytes: all.subarray(7) },
      { id: `~${'!'.repeat(63)}`, bytes: all.subarray(0, 1) },
    ]
    const store = await place.opened()
    await store.commit({ put, delete: [] })
    same(await contents(store), put)
    await store.close()
    same(await contents(await place.opened()), put)
  },

  'keeps nothing of the buffers it is given or gives': async (place) => {
    const store = await place.opened()
    const bytes = Uint8Array.of(1, 2, 3)
    const done = store.commit({ put: [{ id: 'a', bytes }], delete: [] })
    bytes.fill(9)
    await done
    bytes.fill(8)
    const expected = [{ id: 'a', bytes: Uint8Array.of(1, 2, 3) }]
    for (const record of await contents(store)) record.bytes.fill(7)
    same(await contents(store), expected)
    await store.close()
    same(await contents(await place.opened()), expected)
  },

  'refuses a second holder, until the first lets go': async (place) => {
    const store = await place.opened()
    await store.commit({ put: [rec('a', 1)], delete: [] })
    const second = await place.handle()
    await refused('ERR_STORE_LOCKED', () => second.open())
    // The refused one has taken nothing from the holder.
    await store.commit({ put: [rec('b', 2)], delete: [] })
    await store.close()
    await second.open()
    same(await contents(second), [rec('a', 1), rec('b', 2)])
  },

  'closes twice, and unopened': async (place) => {
    const store = await place.handle()
    await store.close()
    await store.open()
    await store.close()
    await store.close()
    await store.open()
    same(await contents(store), [])
  },

  'refuses a commit while it is not open': async (place) => {
    const store = await place.handle()
    const batch = { put: [rec('a', 1)], delete: [] }
    await refused('ERR_STORE_WRITE', () => store.commit(batch))
    await store.open()
    await store.close()
    await refused('ERR_STORE_WRITE', () => store.commit(batch))
    same(await contents(await place.opened()), [])
  },

  'says in its name what it is': async (place) => {
    const store = await place.handle()
    check(store.name.length > 0, 'the name is empty')
  },
}

const rec = (id: string, ...bytes: number[]): StoredRecord => ({
  id,
  bytes: Uint8Array.from(bytes),
})

const contents = async (store: ReplicaStore): Promise<StoredRecord[]> => {
  const records: StoredRecord[] = []
  for await (const chunk of store.load()) records.push(...chunk)
  return records
}

const check = (holds: boolean, message: string): void => {
  if (!holds) throw new Error(message)
}

const same = (actual: readonly StoredRecord[], expected: readonly StoredRecord[]): void => {
  check(
    actual.length === expected.length,
    `${expected.length} records expected; ${actual.length} found`,
  )
  const found = new Map(actual.map(({ id, bytes }) => [id, bytes]))
  for (const { id, bytes } of expected) {
    const other = found.get(id)
    check(other instanceof Uint8Array, `${id} expected; not found`)
    const equal = other?.length === bytes.length && bytes.every((byte, i) => byte === other[i])
    check(equal, `${id}: ${start(bytes)} expected; ${start(other)} found`)
  }
}

const start = (bytes: Uint8Array = new Uint8Array()): string =>
  `${bytes.length} bytes [${bytes.slice(0, 8).join(' ')}…]`

const refused = async (code: ErrorCode, action: () => Promise<void>): Promise<void> => {
  try {
    await action()
  } catch (cause) {
    if (cause instanceof TallymeshError && cause.code === code) return
    throw new Error(`${code} expected; got ${String(cause)}`, { cause })
  }
  throw new Error(`${code} expected; got no error`)
}
