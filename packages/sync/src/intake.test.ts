import { beforeEach, expect, it } from 'vitest'
import { ALLOWANCES } from './allowances.ts'
import { Intake, type Brought } from './intake.ts'
import { PeerLimits } from './peer-limits.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { counterOf } from './testing/world.ts'

const { keys, replicas } = ALLOWANCES.other
let clock: FakeClock
let limits: PeerLimits
let intake: Intake
beforeEach(() => {
  clock = new FakeClock()
  limits = new PeerLimits({ clock, members: ['member'] })
  const counter = counterOf('tab')
  counter.increment('known')
  intake = new Intake({ counter, clock, limits, stopping: new AbortController().signal })
})

const bring = (count: number, replica = 'tab'): Brought => ({
  replica,
  units: Array.from({ length: count }, (_, at) => ({ key: `new-${at}` })),
})

it('asks nothing for what is known, in full or by its short name', async () => {
  const known = { replica: 'tab', units: [{ key: 'known' }, {}] }
  for (let times = 0; times < 10; times++) await intake.admit('tab', [known])
  expect(limits.take('tab', 'keys', keys.burst)).toBe(0)
})

it('counts a new key once, however many replicas it comes of', async () => {
  await intake.admit('tab', [bring(keys.burst), bring(keys.burst, 'tab.k7f2q9')])
  expect(limits.status()).toEqual([])
})

it('lets one that owes wait before it joins, and refuses what is far too much', async () => {
  await intake.admit('tab', [bring(keys.burst)])
  let isJoined = false
  const waiting = intake.admit('tab', [bring(keys.perSecond)]).then(() => (isJoined = true))
  await clock.advance(999)
  expect(isJoined).toBe(false)
  await clock.advance(2)
  await waiting
  await expect(intake.admit('tab', [bring(keys.debt + 10)])).rejects.toMatchObject({
    code: 'ERR_PROTOCOL',
  })
  expect(limits.isRefused('tab')).toBe(true)
})

it('counts replica ids that were never here', async () => {
  for (let at = 0; at < replicas.burst; at++) await intake.admit('tab', [bring(1, `tab.${at}`)])
  expect(limits.status()).toEqual([])
  void intake.admit('tab', [bring(1, 'tab.more')])
  expect(limits.status()).toMatchObject([{ peer: 'tab', state: 'slowed', charge: 'replicas' }])
})

it('leaves gossip out beyond the limit, and holds nothing against its author', () => {
  expect(intake.mayHear('tab', bring(keys.burst))).toBe(true)
  for (let times = 0; times < 100; times++) expect(intake.mayHear('tab', bring(100))).toBe(false)
  expect(limits.isRefused('tab')).toBe(false)
  expect(intake.mayHear('member', bring(keys.burst * 2, 'member'))).toBe(true)
})
