import { expect, test } from 'vitest'
import { FIRST_STATE, type TabLink, type TabState } from './replica/tab-state.ts'
import { describeState, isWaitingForPeers } from './state-words.ts'

const link = (lag: number | null): TabLink => ({
  peer: '12D3KooWpeer',
  kind: 'node',
  via: 'websocket',
  lag,
  roundTripMs: null,
  since: 0,
})

const running: TabState = { ...FIRST_STATE, phase: 'running', connecting: false }
const inSync = { links: [link(0)], compared: true }
const storage = { detail: null, persistent: null }
const identity = { replica: 'r', peerId: 'p', number: 0 }

test.each<[Partial<TabState>, string, string]>([
  [{ phase: 'opening' }, 'opening', 'Opening…'],
  [{ phase: 'asking' }, 'connecting', 'Looking for the peer…'],
  [{ connecting: true }, 'connecting', 'Connecting…'],
  [{ links: [link(null)] }, 'connected', 'Comparing with 1 peer…'],
  [inSync, 'connected', 'In sync with 1 peer'],
  [{ ...inSync, links: [link(0), link(0)] }, 'connected', 'In sync with 2 peers'],
  [{ ...inSync, links: [link(0), link(3)] }, 'connected', 'Catching up with 2 peers…'],
  [{ ...inSync, unsent: 3 }, 'connected', 'Sending 3 increments…'],
  [{}, 'offline', 'Working offline · nothing waits to be sent'],
  [{ unsent: 1 }, 'offline', 'Working offline · 1 increment not yet sent'],
  [{ unsent: 12 }, 'offline', 'Working offline · 12 increments not yet sent'],
  [{ offline: true, leaving: true, unsent: 2 }, 'connecting', 'Leaving the network…'],
  [{ offline: true }, 'off', 'Off the network · nothing waits to be sent'],
  [{ offline: true, unsent: 2 }, 'off', 'Off the network · 2 increments not yet sent'],
  [
    { ...inSync, storage: { ...storage, condition: 'full' } },
    'trouble',
    'Storage in trouble: the browser has no room left',
  ],
  [
    { storage: { ...storage, condition: 'memory' } },
    'offline',
    'Working offline · nothing waits to be sent',
  ],
  [{ identity: { ...identity, lease: 'lost' } }, 'trouble', 'Another tab has taken over'],
  [{ phase: 'failed', failure: 'No room' }, 'failed', 'No room'],
])('%j', (change, state, text) => {
  expect(describeState({ ...running, ...change })).toMatchObject({ state, text })
})

test('in sync is said only when nothing is known to be missing on either side', () => {
  const isInSync = (change: Partial<TabState>): boolean =>
    describeState({ ...running, ...change }).inSync
  expect(isInSync(inSync)).toBe(true)
  for (const change of [{ compared: false }, { unsent: 1 }, { links: [link(null)] }, { links: [] }])
    expect(isInSync({ ...inSync, ...change })).toBe(false)
})

test.each<[Partial<TabState>, boolean]>([
  [{ phase: 'opening' }, true],
  [{ connecting: true }, true],
  [{}, false],
  [{ links: [link(null)] }, true],
  [inSync, false],
])('with %j, whether more may come at any moment is %j', (change, waiting) => {
  expect(isWaitingForPeers({ ...running, ...change })).toBe(waiting)
})
