import { describe, expect, it } from 'vitest'
import { ALLOWANCES, type Charge, type Standing } from './allowances.ts'
import { PeerLimits } from './peer-limits.ts'
import { FakeClock } from './testing/fake-clock.ts'

const setUp = (members: readonly string[] = ['member']) => {
  const clock = new FakeClock()
  const cut: (readonly [string, Charge, number])[] = []
  const limits = new PeerLimits({ clock, members })
  limits.addEventListener('cutoff', ({ detail: { peer, charge, refusedMs } }) => {
    cut.push([peer, charge, refusedMs])
  })
  return { clock, cut, limits }
}
const { keys } = ALLOWANCES.other

describe('limits of a peer', () => {
  it('let a burst through, then slow, then cut off, then refuse for a time', async () => {
    const { clock, cut, limits } = setUp()
    expect(limits.take('tab', 'keys', keys.burst)).toBe(0)
    expect(limits.status()).toEqual([])
    expect(limits.take('tab', 'keys', keys.perSecond)).toBe(1000)
    expect(limits.status()).toEqual([{ peer: 'tab', state: 'slowed', charge: 'keys', forMs: 0 }])
    await clock.advance(1000)
    expect(limits.take('tab', 'keys', keys.debt)).toBe((keys.debt / keys.perSecond) * 1000)
    expect(cut).toEqual([])
    expect(limits.take('tab', 'keys', 1)).toBe(Infinity)
    expect(cut).toEqual([['tab', 'keys', 10_000]])
    expect(limits.turnsAway('tab')).toBe(true)
    expect(limits.status()).toEqual([
      { peer: 'tab', state: 'refused', charge: 'keys', forMs: 10_000 },
    ])
    await clock.advance(10_000)
    expect(limits.turnsAway('tab')).toBe(false)
    expect(limits.take('tab', 'keys', 1)).toBe(0)
    expect(limits.counts).toEqual({ slowed: 3, cutOff: 1, refused: 1 })
  })

  it('refuse for twice as long each time, up to a quarter of an hour, and forget that after good conduct', async () => {
    const { clock, cut, limits } = setUp()
    for (let times = 0; times < 9; times++) {
      expect(limits.take('tab', 'keys', keys.burst * 2)).toBe(Infinity)
      await clock.advance(900_000)
    }
    expect(cut.map(([, , ms]) => ms / 1000)).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900])
    await clock.advance(1_800_000)
    limits.take('tab', 'keys', keys.burst * 2)
    expect(cut.at(-1)?.[2]).toBe(10_000)
  })

  it('never cut one off for what others may have said again in its name', async () => {
    const { limits, cut } = setUp()
    const { burst } = ALLOWANCES.other.writing
    for (let i = 0; i < burst; i++) expect(limits.mayTake('tab', 'writing', 1)).toBe(true)
    for (let i = 0; i < burst; i++) expect(limits.mayTake('tab', 'writing', 1)).toBe(false)
    expect(cut).toEqual([])
    expect(limits.isRefused('tab')).toBe(false)
    expect(limits.status()).toHaveLength(1)
  })

  it('keep peers and charges apart', async () => {
    const { limits } = setUp()
    limits.take('tab', 'streams', 1e9)
    expect(limits.take('other', 'streams', 1)).toBe(0)
    expect(limits.take('tab', 'keys', 1)).toBe(Infinity)
  })

  it('let a fresh peer take a million keys from a member, and from an equal where there are no members', async () => {
    for (const [members, peer] of [[['member'], 'member'] as const, [[], 'equal'] as const]) {
      const { limits } = setUp(members)
      for (let at = 0; at < 1_000_000; at += 2000)
        expect(
          limits.take(peer, 'keys', 2000) +
            limits.take(peer, 'messages', 1) +
            limits.take(peer, 'bytes', 1_100_000),
        ).toBe(0)
      expect(limits.status()).toEqual([])
    }
  })

  it('keep account of a bounded number of peers, and of those who owe before those who do not', async () => {
    const { clock, limits } = setUp()
    limits.take('loud', 'keys', keys.burst + keys.perSecond)
    for (let i = 0; i < 4095; i++) limits.take(`peer-${i}`, 'messages', 1)
    await clock.advance(9000)
    for (let i = 0; i < 3000; i++) limits.take(`later-${i}`, 'messages', 1)
    expect(limits.status().map(({ peer }) => peer)).toEqual(['loud'])
    for (let i = 0; i < 10_000; i++) limits.take(`many-${i}`, 'keys', keys.burst + 1)
    expect(limits.status()).toHaveLength(100)
  })

  it.each(['member', 'equal', 'other'] as const)(
    'ask none to wait for so long that an exchange is given up: %s',
    (standing: Standing) => {
      const waits = Object.values(ALLOWANCES[standing])
        .filter(({ perSecond }) => perSecond !== Infinity)
        .map(({ perSecond, debt }) => debt / perSecond)
      expect(Math.max(...waits)).toBeLessThan(10)
    },
  )
})
