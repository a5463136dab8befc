import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChangeLog } from './change-log.ts'

/** Reads on from a place to the end, as a watcher does. */
const readFrom = (log: ChangeLog, place: number): string[] => {
  const keys: string[] = []
  for (let at = place; at < log.last;) {
    const { changes, upTo } = log.after(at)
    expect(upTo).toBeGreaterThan(at)
    keys.push(...changes.map(({ key }) => key))
    at = upTo
  }
  return keys
}

test('tells each key that changed after a place once, in the order of the latest changes', () => {
  const log = new ChangeLog()
  for (const key of ['a', 'b', 'a', 'c', 'b']) log.note(key)
  expect(readFrom(log, 0)).toEqual(['a', 'c', 'b'])
  expect(readFrom(log, 3)).toEqual(['c', 'b'])
  expect(readFrom(log, 5)).toEqual([])
})

test('reads in parts, and misses nothing', () => {
  const log = new ChangeLog()
  for (let i = 0; i < 10_000; i++) log.note(`key ${i}`)
  expect(log.after(0).changes.length).toBeLessThan(10_000)
  expect(new Set(readFrom(log, 0)).size).toBe(10_000)
})

test('whatever changes in whatever order: what the log covers, it knows in full', () => {
  const noted = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 })
  fc.assert(
    fc.property(noted, fc.integer({ min: 1, max: 12 }), (numbers, maxKeys) => {
      const log = new ChangeLog(maxKeys)
      numbers.forEach((number) => log.note(`${number}`))
      expect(log.last).toBe(numbers.length)
      for (let place = 0; place <= numbers.length; place++) {
        if (!log.covers(place)) continue
        const changed = new Set(numbers.slice(place).map(String))
        const read = readFrom(log, place)
        expect(new Set(read)).toEqual(changed)
        expect(read).toHaveLength(changed.size)
      }
      expect(log.covers(numbers.length)).toBe(true)
      expect(log.covers(numbers.length + 1)).toBe(false)
    }),
  )
})

test('remembers so many keys, however often they change', () => {
  const log = new ChangeLog(10)
  for (let i = 0; i < 1000; i++) log.note(`${i % 10}`)
  expect(log.covers(0)).toBe(true)
  for (let i = 0; i < 1000; i++) log.note(`${i}`)
  expect(log.covers(0)).toBe(false)
  expect(log.covers(1995)).toBe(true)
})
