import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HistoryRecorder, type SeriesKeeper } from './recorder.ts'
import { append, type Point, type Series } from './series.ts'

class MemoryKeeper implements SeriesKeeper {
  readonly kept = new Map<string, Series>()
  writes = 0

  async read(key: string): Promise<Series> {
    return this.kept.get(key) ?? []
  }

  async add(points: ReadonlyMap<string, readonly Point[]>): Promise<void> {
    this.writes++
    for (const [key, added] of points) this.kept.set(key, append(this.kept.get(key) ?? [], added))
  }
}

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const change = (key: string, previous: bigint, value: bigint) => ({ key, previous, value })

test('a series begins with the value before the first change', async () => {
  const recorder = new HistoryRecorder(new MemoryKeeper())
  recorder.note(change('door', 4n, 5n))
  expect((await recorder.read('door')).map(({ value }) => value)).toEqual([4, 5])
})

test('a counter that comes in sight has not moved from nought', async () => {
  const recorder = new HistoryRecorder(new MemoryKeeper())
  recorder.note({ key: 'door', previous: undefined, value: 128n })
  vi.advanceTimersByTime(1_000)
  recorder.note(change('door', 128n, 130n))
  expect((await recorder.read('door')).map(({ value }) => value)).toEqual([128, 130])
})

test('what was seen is there at once, and kept together a little later', async () => {
  const keeper = new MemoryKeeper()
  const recorder = new HistoryRecorder(keeper)
  for (let value = 1n; value <= 5n; value++) {
    recorder.note(change('door', value - 1n, value))
    vi.advanceTimersByTime(400)
  }
  recorder.note(change('bar', 0n, -2n))
  expect((await recorder.read('door')).map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5])
  expect(keeper.writes).toBe(0)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(keeper.writes).toBe(1)
  expect([...keeper.kept.keys()].toSorted()).toEqual(['bar', 'door'])
  expect((await recorder.read('door')).at(-1)?.value).toBe(5)
})

test('thousands of counters that come at once are not all kept', async () => {
  const keeper = new MemoryKeeper()
  const recorder = new HistoryRecorder(keeper)
  for (let at = 0; at < 10_000; at++) recorder.note(change(`key ${at}`, 0n, 1n))
  await recorder.keep()
  expect(keeper.kept.size).toBe(1_000)
  expect(keeper.kept.has('key 9999')).toBe(true)
})
