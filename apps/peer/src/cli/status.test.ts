import type { ServiceStatus } from '@tallymesh/sync'
import { expect, test } from 'vitest'
import { FakeService } from '../http/service.fake.ts'
import { drawStatus } from './status-picture.ts'
import { describeStatus } from './status.ts'

const lines = (status: Partial<ServiceStatus> = {}): Record<string, string> =>
  Object.fromEntries(
    describeStatus({
      ...new FakeService().status(),
      http: 'http://127.0.0.1:8390',
      listen: [],
      version: '0.1.0',
      uptimeMs: 5000,
      ...status,
    })
      .split('\n')
      .map((line) => line.split(/ {2,}/, 2) as [string, string]),
  )

test('of a peer that is well says nothing of what is not', () => {
  expect(Object.keys(lines())).toEqual([
    'peer',
    'namespace',
    'version',
    'page',
    'store',
    'state',
    'traffic',
    'peers met',
  ])
})

test('tells that counts are provisional, what was damaged, and which ids were used twice', () => {
  const told = lines({
    verified: false,
    damaged: 3,
    forks: ['fake', 'fake.k7f2q9'],
    storeTrouble: 'no room',
  })
  expect(told).toMatchObject({
    TROUBLE: 'no room',
    provisional: expect.stringContaining('stays here until every member has confirmed'),
    damaged: expect.stringMatching(/^3 records/),
    fork: expect.stringContaining('fake.k7f2q9'),
  })
})

test('tells which members are out of reach, since when, and how the last partition healed', () => {
  const told = lines({
    members: ['fake', 'b', 'c'],
    reach: {
      reachability: 'partitioned',
      forMs: 61_000,
      reached: ['fake', 'b'],
      missed: [{ member: 'c', forMs: 64_000 }],
      hasQuorum: true,
      healed: { member: 'b', awayMs: 7_200_000, received: 12, agoMs: 90_000 },
    },
  })
  expect(told).toMatchObject({
    members: 'partitioned for 1 min; 2 of 3 in reach, a majority',
    MISSED: 'c: for 1 min',
    healed: 'b: back 1 min ago after 2 h; 12 slots came over',
  })
})

test('tells of a clock that is more than a second off', () => {
  const peer = (clockOffsetMs: number | null): Record<string, string> =>
    lines({
      peers: [
        {
          peer: 'b',
          connected: true,
          addresses: [],
          lastExchangeMs: 1,
          lag: 0,
          holds: 1,
          roundTripMs: null,
          clockOffsetMs,
        },
      ],
    })
  expect(peer(-7_200_000)['peer met']).toBe('b: connected, in step, its clock 2 h behind')
  expect(peer(1_500)['peer met']).toBe('b: connected, in step, its clock 1 s ahead')
  for (const near of [null, 900, -900]) expect(peer(near)['peer met']).toBe('b: connected, in step')
})

test('is a picture on a terminal: members, how far behind, and who is held back', () => {
  const peer = (id: string, lag: number, holds: number, connected = true) => ({
    peer: id,
    connected,
    addresses: [],
    lastExchangeMs: 1,
    lag,
    holds,
    roundTripMs: 1.25,
    clockOffsetMs: null,
  })
  const lines = drawStatus(
    {
      ...new FakeService().status(),
      http: 'http://127.0.0.1:8390',
      listen: [],
      version: '0.1.0',
      uptimeMs: 5000,
      seq: 100,
      members: ['fake', 'b', 'c'],
      reach: {
        reachability: 'partitioned',
        forMs: 61_000,
        reached: ['fake', 'b'],
        missed: [{ member: 'c', forMs: 64_000 }],
        hasQuorum: true,
        healed: null,
      },
      peers: [peer('b', 0, 100), peer('c', 41, 50, false), peer('tab', 3, 0)],
      limited: [{ peer: 'tab', state: 'refused', charge: 'keys', forMs: 9000 }],
    },
    100,
    (_, text) => text,
  )
  const text = lines.join('\n')
  expect(text).toMatch(/● partitioned for 1 min, 2 of 3 in reach, a majority/)
  expect(text).toMatch(/● fake +this peer/)
  expect(text).toMatch(/● b +in reach +0 +1\.3 ms +█{10} 100/)
  expect(text).toMatch(/○ c +missed for 1 min +41 +1\.3 ms +█{5}░{5} 50/)
  expect(text).toMatch(/PEERS[^]*● tab +connected +3/)
  expect(text).toMatch(/tab was cut off, and is refused for 9 s: too much of keys/)
})
