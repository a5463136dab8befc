import type { ServiceStatus } from '@tallymesh/sync'
import { expect, test } from 'vitest'
import { FakeService } from '../http/service.fake.ts'
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
      .map((line) => line.split(/ {2,}/) as [string, string]),
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
