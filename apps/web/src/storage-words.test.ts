import { expect, test } from 'vitest'
import {
  FIRST_STATE,
  type StorageCondition,
  type TabLink,
  type TabState,
} from './replica/tab-state.ts'
import { storageAdvice, wouldLoseUnsent } from './storage-words.ts'

const stored = (condition: StorageCondition, change: Partial<TabState> = {}): TabState => ({
  ...FIRST_STATE,
  phase: 'running',
  storage: { condition, detail: null, persistent: null },
  ...change,
})

const link: TabLink = {
  peer: 'p',
  kind: 'node',
  via: 'websocket',
  lag: 0,
  roundTripMs: null,
  since: 0,
}

test('only where nothing keeps them but the tab, increments would be lost with it', () => {
  for (const condition of ['deleted', 'memory'] as const) {
    expect(wouldLoseUnsent(stored(condition, { unsent: 1 }))).toBe(true)
    expect(wouldLoseUnsent(stored(condition))).toBe(false)
  }
  for (const condition of ['ok', 'full', 'blocked', 'closed', 'refused'] as const)
    expect(wouldLoseUnsent(stored(condition, { unsent: 1 }))).toBe(false)
})

test.each<[Partial<TabState>, string]>([
  [{}, 'What was counted here has reached a peer.'],
  [{ unsent: 1, offline: true }, '1 increment is not sent yet, and would be lost'],
  [{ unsent: 2, offline: true }, '2 increments are not sent yet, and would be lost'],
  [{ unsent: 2, offline: true }, 'Put this tab back on the network to send them.'],
  [{ unsent: 2 }, 'They go out as soon as a peer is in reach.'],
  [{ unsent: 2, links: [link] }, 'They are being sent.'],
])('of deleted data with %j it says: %s', (change, words) => {
  expect(storageAdvice(stored('deleted', change))).toContain(words)
})

test('what is kept is said to be kept, and of a store that takes increments nothing is said', () => {
  for (const condition of ['full', 'closed', 'refused'] as const)
    expect(storageAdvice(stored(condition))).toContain('hat was counted is kept.')
  for (const condition of ['ok', 'memory'] as const)
    expect(storageAdvice(stored(condition))).toBeNull()
})
