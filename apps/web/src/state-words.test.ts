import { expect, test } from 'vitest'
import { describeState, isWaitingForPeers, type TabFacts } from './state-words.ts'

const facts: TabFacts = {
  phase: 'running',
  failure: null,
  peers: 0,
  connecting: false,
  compared: false,
  unsent: 0,
  storeTrouble: null,
}

test.each<[Partial<TabFacts>, string, string]>([
  [{ phase: 'opening' }, 'opening', 'Opening…'],
  [{ phase: 'asking' }, 'connecting', 'Looking for the peer…'],
  [{ connecting: true }, 'connecting', 'Connecting…'],
  [{ peers: 1 }, 'connected', 'Connected to 1 peer'],
  [{ peers: 2, connecting: true }, 'connected', 'Connected to 2 peers'],
  [{ peers: 1, unsent: 3 }, 'connected', 'Connected to 1 peer'],
  [{}, 'offline', 'Working offline · nothing waits to be sent'],
  [{ unsent: 1 }, 'offline', 'Working offline · up to 1 increment not yet sent'],
  [{ unsent: 12 }, 'offline', 'Working offline · up to 12 increments not yet sent'],
  [{ peers: 1, storeTrouble: 'disk full' }, 'trouble', 'Storage in trouble: disk full'],
  [{ phase: 'failed', failure: 'No room' }, 'failed', 'No room'],
])('%j', (change, state, text) => {
  expect(describeState({ ...facts, ...change })).toEqual({ state, text })
})

test.each<[Partial<TabFacts>, boolean]>([
  [{ phase: 'opening' }, true],
  [{ connecting: true }, true],
  [{}, false],
  [{ peers: 1 }, true],
  [{ peers: 1, compared: true }, false],
])('with %j, whether more may come at any moment is %j', (change, waiting) => {
  expect(isWaitingForPeers({ ...facts, ...change })).toBe(waiting)
})
