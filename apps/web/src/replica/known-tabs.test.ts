import { beforeEach, expect, test } from 'vitest'
import { KnownTabs } from './known-tabs.ts'

let now = 0
let known: KnownTabs
beforeEach(() => {
  now = 0
  known = new KnownTabs(() => now)
})
const nobody = (): boolean => false

test('a tab is known by its last announcement, till it was silent for three minutes', () => {
  expect(known.put('a', ['/old'])).toBe(true)
  now = 100_000
  expect(known.put('a', ['/new'])).toBe(false)
  expect(known.addresses('a')).toEqual(['/new'])
  now = 280_000
  expect(known.tabs(nobody)).toEqual(['a'])
  now = 280_001
  expect(known.tabs((tab) => tab === 'a')).toEqual(['a'])
  expect(known.tabs(nobody)).toEqual([])
})

test('of more tabs than it remembers, those go that were not heard of for longest', () => {
  for (let n = 0; n < 256; n++) known.put(`tab ${n}`, [])
  known.put('tab 0', [])
  known.put('one more', [])
  const tabs = known.tabs(nobody)
  expect(tabs).toHaveLength(256)
  expect(tabs).toContain('tab 0')
  expect(tabs).not.toContain('tab 1')
})

test('a tab that could not be dialled waits the longer the more often, till something changes', () => {
  known.put('a', [])
  const waits: number[] = []
  const wait = (failures: number): number => {
    waits.push(failures)
    return 1_000 * failures
  }
  known.failed('a', wait)
  known.put('a', ['/again'])
  now = 999
  expect(known.isDue('a')).toBe(false)
  now = 1_000
  expect(known.isDue('a')).toBe(true)
  known.failed('a', wait)
  expect(waits).toEqual([1, 2])
  known.forgetFailures()
  expect(known.isDue('a')).toBe(true)
})

test('who does not answer is dialled again only after a sign of life', () => {
  known.put('a', [])
  for (let failures = 1; failures <= 3; failures++) {
    expect(known.isDue('a')).toBe(true)
    known.failed('a', () => 0)
  }
  now = 30_000
  expect(known.isDue('a')).toBe(false)
  known.put('a', [])
  expect(known.isDue('a')).toBe(true)
})

test('who was away and comes back is dialled as if never before', () => {
  known.put('a', [])
  for (let failures = 1; failures <= 9; failures++) known.failed('a', () => 60_000)
  now = 50_000
  expect(known.isDue('a')).toBe(false)
  known.put('a', [])
  expect(known.isDue('a')).toBe(true)
})
