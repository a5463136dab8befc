import type { DistributedKeyCounter } from '@tallymesh/core'
import { describe, expect, it } from 'vitest'
import { contextOf, counterOf, exchange, rootOf, type Exchanged } from './testing/world.ts'

const run = async (a: DistributedKeyCounter, b: DistributedKeyCounter): Promise<Exchanged> =>
  exchange(await contextOf(a), await contextOf(b))

const expectEqual = (a: DistributedKeyCounter, b: DistributedKeyCounter): void => {
  expect(rootOf(a)).toBe(rootOf(b))
  expect(a.version).toEqual(b.version)
}

const withKeys = (replica: string, keys: number): DistributedKeyCounter => {
  const counter = counterOf(replica)
  for (let i = 0; i < keys; i++) counter.increment(`key-${i}`, i)
  return counter
}

/** Two that hold the same. */
const twins = (base: DistributedKeyCounter): [DistributedKeyCounter, DistributedKeyCounter] => {
  const [a, b] = [counterOf('a'), counterOf('b')]
  a.merge(base)
  b.merge(base)
  return [a, b]
}

describe('in sync', () => {
  const ofManyReplicas = (): DistributedKeyCounter => {
    const all = counterOf('all')
    for (let i = 0; i < 100; i++) all.merge(withKeys(`replica-${i}`, 3))
    return all
  }
  it.each([
    ['no keys', () => counterOf('none')],
    ['1k keys', () => withKeys('one', 1000)],
    ['100 replicas', ofManyReplicas],
  ])('costs one round trip and under 100 bytes both ways: %s', async (_, base) => {
    const { bytes, asked, answered, pair } = await run(...twins(base()))
    expect([asked.kind, answered.kind]).toEqual(['same', 'same'])
    expect(bytes).toBeLessThan(100)
    expect(pair.turns()).toBe(2)
  })
})

describe('interval pull', () => {
  const varint = (value: number): number => (value < 128 ? 1 : 1 + varint(Math.floor(value / 128)))
  /** What the slots above the other's vector come to as varints: short name, seq, ops, total. */
  const floorOf = (counter: DistributedKeyCounter, from: number): number =>
    counter
      .deltaSince(counter.replica, from)
      .units.reduce(
        (sum, { first, seq, ops, total }) =>
          sum + varint(first) + varint(seq) + varint(ops) + varint(2 * Number(total)),
        0,
      )

  it.each([1, 10, 100, 1000])('of %i known keys changed on each side', async (changed) => {
    const [a, b] = [withKeys('a', 2000), withKeys('b', 2000)]
    a.merge(b)
    b.merge(a)
    const before = a.seq
    for (let i = 0; i < changed; i++) {
      a.increment(`key-${2 * i}`, 3)
      b.increment(`key-${2 * i + 1}`, 4)
    }
    const floor = floorOf(a, before) + floorOf(b, before)
    const { bytes, asked, answered, pair } = await run(a, b)
    expectEqual(a, b)
    expect(bytes).toBeLessThanOrEqual(1.3 * floor + 500)
    // Two round trips, the digest's included.
    expect(pair.turns()).toBeLessThanOrEqual(4)
    expect(asked).toMatchObject({ kind: 'exchanged', sent: changed, received: changed })
    expect(answered).toMatchObject({ kind: 'exchanged', sent: changed, received: changed })
    expect([asked.lag, answered.lag]).toEqual([2 * changed, 2 * changed])
  })

  it('brings a newcomer everything, in as many turns', async () => {
    const old = withKeys('old', 5000)
    const { asked, pair } = await run(counterOf('new'), old)
    expect(asked.received).toBe(5000)
    expect(pair.turns()).toBeLessThanOrEqual(4)
  })

  it('tells each side how much of its own the other holds', async () => {
    const [a, b] = [withKeys('a', 3), withKeys('b', 5)]
    const { asked, answered } = await run(a, b)
    expect([asked.holds, answered.holds]).toEqual([3, 5])
    const again = await run(a, b)
    expect([again.asked.holds, again.answered.holds]).toEqual([3, 5])
  })

  it('moves requests with their slots, also of a key that is known', async () => {
    const [a, b] = [counterOf('a'), counterOf('b')]
    a.increment('x', 1, { requestId: 'r1' })
    await run(a, b)
    a.increment('x', 1, { requestId: 'r2' })
    await run(a, b)
    expect(b.requests('a', 'x')).toEqual(a.requests('a', 'x'))
    expectEqual(a, b)
  })
})
