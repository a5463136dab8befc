// Keys in the order of their UTF-8 bytes, a page at a time.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { compareKeys } from './key-order.ts'

/** With the chars on both sides of the surrogates, where JavaScript's own order is another. */
const key = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      '\u{7f}',
      '\u{80}',
      '\u{d7ff}',
      '\u{e000}',
      '\u{ffff}',
      '😀',
      '\u{10ffff}',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 5,
})

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

it('compares like the bytes', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(byBytes(a, b))
    }),
    { numRuns: 2000 },
  )
})

it('lists in pages, also where keys come between two pages', () => {
  const range = fc.record({
    prefix: fc.oneof(fc.constant(''), fc.constantFrom('a', '😀'), key),
    limit: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(fc.uniqueArray(key), fc.uniqueArray(key), range, (early, late, range) => {
      const counter = new DistributedKeyCounter({ replica: 'a' })
      for (const each of early) counter.increment(each)
      const expected = (keys: readonly string[]): string[] =>
        keys.filter((each) => each.startsWith(range.prefix)).sort(byBytes)
      const seen: string[] = []
      for (let page = counter.list(range); page.length > 0;) {
        expect(page.length).toBeLessThanOrEqual(range.limit)
        seen.push(...page.map((each) => each.key))
        page = counter.list({ ...range, after: seen.at(-1) })
      }
      expect(seen).toEqual(expected(early))
      for (const each of late) counter.increment(each)
      const all = [...new Set([...early, ...late])]
      expect(counter.list({ prefix: range.prefix }).map((each) => each.key)).toEqual(expected(all))
    }),
  )
})

it('begins where the prefix does, if `after` is before it', () => {
  const counter = new DistributedKeyCounter({ replica: 'a' })
  for (const each of ['a', 'b1', 'b2', 'c']) counter.increment(each)
  const listed = (prefix: string, after: string): string[] =>
    counter.list({ prefix, after }).map((each) => each.key)
  expect(listed('b', 'a')).toEqual(['b1', 'b2'])
  expect(listed('b', 'b')).toEqual(['b1', 'b2'])
  expect(listed('b', 'b1')).toEqual(['b2'])
  expect(listed('b', 'c')).toEqual([])
  expect(listed('', 'c')).toEqual([])
})

it('puts a few late keys among many in their places', () => {
  const counter = new DistributedKeyCounter({ replica: 'a' })
  const keys = Array.from({ length: 10_000 }, (_, i) => `key ${Math.imul(i, 0x9e3779b1) >>> 0}`)
  for (const each of keys) counter.increment(each)
  expect(counter.list({ limit: 3 }).length).toBe(3)
  for (const each of ['a', 'key 5', 'z']) counter.increment(each)
  expect(counter.list().map((each) => each.key)).toEqual([...keys, 'a', 'key 5', 'z'].sort(byBytes))
})
