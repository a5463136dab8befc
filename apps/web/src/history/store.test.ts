import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Point } from './series.ts'
import { HistoryStore, maxSeries } from './store.ts'

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()))
afterEach(() => void vi.unstubAllGlobals())

/** A point of each of these counters, seen at the time that is its number. */
const points = (from: number, to: number): Map<string, readonly Point[]> =>
  new Map(Array.from({ length: to - from }, (_, n) => [`key ${from + n}`, [at(from + n)]]))

const at = (time: number): Point => ({ at: time, value: time })

async function keptOf(store: HistoryStore, keys: Iterable<string>): Promise<string[]> {
  const kept: string[] = []
  for (const key of keys) if ((await store.read(key)).length > 0) kept.push(key)
  return kept
}

test('a series goes on where it was, for each replica its own', async () => {
  const store = new HistoryStore('shop', 'a')
  await store.add(new Map([['door', [at(1), at(300)]]]))
  await store.add(new Map([['door', [at(600)]]]))
  expect(await new HistoryStore('shop', 'a').read('door')).toEqual([at(1), at(300), at(600)])
  expect(await new HistoryStore('shop', 'b').read('door')).toEqual([])
  expect(await new HistoryStore('other', 'a').read('door')).toEqual([])
})

test('past 1,100 counters, those go that were quiet for longest, down to 1,000', async () => {
  const store = new HistoryStore('shop', 'a')
  const all = points(0, 1_101)
  await store.add(points(0, 1_000))
  await store.add(points(1_000, 1_100))
  expect(await keptOf(store, all.keys())).toHaveLength(1_100)
  // The first one moves again, and is not old any more.
  await store.add(new Map([['key 0', [at(2_000)]]]))
  expect(await keptOf(store, all.keys())).toHaveLength(1_100)
  await store.add(points(1_100, 1_101))
  const kept = await keptOf(store, all.keys())
  expect(kept).toHaveLength(maxSeries)
  expect(kept.slice(0, 2)).toEqual(['key 0', 'key 102'])
  expect(kept.at(-1)).toBe('key 1100')
})

test('what an earlier visit kept counts, under whichever replica', async () => {
  await new HistoryStore('shop', 'before').add(points(0, 1_100))
  const store = new HistoryStore('shop', 'a')
  await store.add(points(5_000, 5_001))
  expect(await keptOf(store, ['key 5000'])).toEqual(['key 5000'])
  const before = await keptOf(new HistoryStore('shop', 'before'), points(0, 1_100).keys())
  expect(before).toHaveLength(maxSeries - 1)
  expect(before[0]).toBe('key 101')
})

test('where nothing can be kept, nothing is read, and no error comes of it', async () => {
  vi.stubGlobal('indexedDB', undefined)
  const store = new HistoryStore('shop', 'a')
  await store.add(points(0, 3))
  expect(await store.read('key 0')).toEqual([])
})
