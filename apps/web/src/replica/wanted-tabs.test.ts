import { expect, test } from 'vitest'
import { wantedTabs } from './wanted-tabs.ts'

const tabs = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `tab${String((n * 7919) % 1000).padStart(3, '0')}`)

/** How many tabs can be reached from the first, without those that are gone. */
const reached = (all: readonly string[], gone: ReadonlySet<string> = new Set()): number => {
  const alive = all.filter((tab) => !gone.has(tab))
  const seen = new Set([alive[0]!])
  // Links as they were made, when all were there.
  for (const tab of seen)
    for (const other of wantedTabs(tab, all)) if (!gone.has(other)) seen.add(other)
  return seen.size
}

test('up to five tabs are all linked', () => {
  for (const count of [1, 2, 3, 4, 5])
    for (const self of tabs(count)) expect(wantedTabs(self, tabs(count)).size).toBe(count - 1)
})

test('both ends want a link, or neither does', () => {
  const all = tabs(23)
  for (const a of all) for (const b of wantedTabs(a, all)) expect(wantedTabs(b, all)).toContain(a)
})

test('many tabs are one mesh with few links each, also when a third of them is gone', () => {
  const all = tabs(200)
  for (const self of all) expect(wantedTabs(self, all).size).toBeLessThanOrEqual(16)
  expect(reached(all)).toBe(200)
  const gone = new Set(all.filter((_, n) => n % 3 === 1))
  expect(reached(all, gone)).toBe(200 - gone.size)
})
