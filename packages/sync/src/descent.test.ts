import type { DistributedKeyCounter } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExchangeContext } from './exchange-context.ts'
import { twoCounters } from './testing/counters.ts'
import { contextOf, counterOf, exchange, rootOf, type Exchanged } from './testing/world.ts'

const descend = async (
  a: DistributedKeyCounter,
  b: DistributedKeyCounter,
  options: Partial<ExchangeContext> = {},
): Promise<Exchanged> => {
  const withheld = { ...options, descendOnly: true }
  return exchange(await contextOf(a, withheld), await contextOf(b, withheld))
}

/** What is held, by key: not by digest, which is what a descent goes by. */
const slotsOf = (counter: DistributedKeyCounter): unknown =>
  Object.fromEntries(
    counter
      .list()
      .map(({ key }) => [
        key,
        counter
          .slots(key)
          .map((slot) => ({ ...slot, requests: counter.requests(slot.replica, key) })),
      ]),
  )

const withKeys = (replica: string, keys: number): DistributedKeyCounter => {
  const counter = counterOf(replica)
  for (let i = 0; i < keys; i++) counter.increment(`key-${i}`, i)
  return counter
}

const copyOf = (counter: DistributedKeyCounter, replica: string): DistributedKeyCounter => {
  const copy = counterOf(replica)
  copy.merge(counter)
  return copy
}

describe('one descent', () => {
  it('makes any two equal, whatever their vectors claim', async () => {
    await fc.assert(
      fc.asyncProperty(twoCounters, async ([a, b]) => {
        const [versionOfA, versionOfB] = [a.version, b.version]
        const { pair } = await descend(a, b)
        expect(slotsOf(a)).toEqual(slotsOf(b))
        expect(rootOf(a)).toBe(rootOf(b))
        expect(pair.turns()).toBeLessThanOrEqual(10)
        // A descent brings slots; what is claimed stays.
        expect([a.version, b.version]).toEqual([versionOfA, versionOfB])
      }),
      { numRuns: 60 },
    )
  })

  it('sends nothing that the other side holds', async () => {
    const a = withKeys('a', 2000)
    const b = copyOf(a, 'b')
    a.increment('key-7')
    b.increment('key-9')
    b.increment('new')
    const { asked, answered } = await descend(a, b)
    // Each side sends its slot of a key that differs; b's key is offered with both slots of it.
    expect(asked.sent + answered.sent).toBeLessThanOrEqual(5)
    expect(slotsOf(a)).toEqual(slotsOf(b))
  })

  it('tells forks apart that differ in nothing but what their requests added', async () => {
    const [a, b] = [counterOf('a'), counterOf('b')]
    for (const [side, amounts] of [
      [a, [5, 3]],
      [b, [3, 5]],
    ] as const) {
      const writer = counterOf('forked')
      amounts.forEach((amount, i) => writer.increment('key', amount, { requestId: `r${i}` }))
      side.merge(writer)
    }
    await descend(a, b)
    expect(slotsOf(a)).toEqual(slotsOf(b))
  })

  it('of equals costs one round trip', async () => {
    const a = withKeys('a', 1000)
    const { pair, asked } = await descend(a, copyOf(a, 'b'))
    expect(asked.kind).toBe('same')
    expect(pair.turns()).toBe(2)
  })

  it.each([1, 10, 1000])('over 100k keys of which %i differ takes ten turns at most', async (d) => {
    const a = withKeys('a', 100_000)
    const b = copyOf(a, 'b')
    for (let i = 0; i < d; i++) b.increment(`key-${i * 97}`)
    const { pair, asked } = await descend(a, b)
    expect(pair.turns()).toBeLessThanOrEqual(10)
    expect(asked.kind).toBe('descended')
    expect(rootOf(a)).toBe(rootOf(b))
  })
})

describe('a version vector that claims more than is held', () => {
  const wrong = (): [DistributedKeyCounter, DistributedKeyCounter] => {
    const a = withKeys('a', 300)
    const b = counterOf('b')
    for (const { key, ...slot } of a.deltaSince('a', 0).units)
      if (slot.seq % 10 !== 0) b.restore({ kind: 'slot', replica: 'a', key, slot })
    b.restore({ kind: 'version', replica: 'a', seq: a.seq })
    return [a, b]
  }

  it('is healed, since equal vectors do not end an exchange', async () => {
    const [a, b] = wrong()
    expect(b.version).toEqual(a.version)
    const { asked } = await exchange(await contextOf(a), await contextOf(b))
    expect(asked.kind).toBe('descended')
    expect(slotsOf(b)).toEqual(slotsOf(a))
  })

  it('is left alone where a descent is not worth while', async () => {
    const [a, b] = wrong()
    const before = slotsOf(b)
    const { pair } = await exchange(
      await contextOf(a),
      await contextOf(b, { mayDescend: () => false }),
    )
    expect(pair.turns()).toBe(2)
    expect(slotsOf(b)).toEqual(before)
  })
})

it('writes on either side meanwhile do no harm', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.nat(500), async (every, shift) => {
      const a = withKeys('a', 3000)
      const b = copyOf(a, 'b')
      for (let i = 0; i < 3000; i += every) b.increment(`key-${i}`)
      const [left, right] = [await contextOf(a), await contextOf(b)]
      let isOver = false
      const write = async (): Promise<void> => {
        for (let i = 0; !isOver; i++) {
          const key = i % 3 === 0 ? `late-${i}` : `key-${(i * 31 + shift) % 3000}`
          await left.journal.increment([{ key, amount: 1, hash: undefined }])
          await right.journal.increment([{ key, amount: 2, hash: undefined }])
        }
      }
      const writing = write()
      await exchange({ ...left, descendOnly: true }, { ...right, descendOnly: true })
      isOver = true
      await writing
      // What b had before the descent began is with a now.
      for (let i = 0; i < 3000; i += every)
        expect(a.slots(`key-${i}`).some(({ replica }) => replica === 'b')).toBe(true)
      await descend(a, b)
      expect(slotsOf(a)).toEqual(slotsOf(b))
    }),
    { numRuns: 8 },
  )
})

describe('with members', () => {
  it('a peer that is none brings its own slots, and no one else’s', async () => {
    const tab = counterOf('tab')
    const other = counterOf('other')
    for (let i = 0; i < 40; i++) {
      tab.increment(`key-${i}`)
      other.increment(`key-${i}`)
    }
    tab.merge(other)
    const node = counterOf('node')
    const members = ['node']
    // A tab that does not know the rule, or does not keep it.
    const lenient = await contextOf(tab, { descendOnly: true })
    const strict = await contextOf(node, { descendOnly: true, members })
    const { answered } = await exchange(lenient, strict)
    expect(answered.refused).toBeGreaterThan(0)
    expect(node.replicas()).toEqual(['tab'])
    expect(node.slotCount).toBe(40)
  })

  it('a peer that is none does not offer what would be refused', async () => {
    const tab = withKeys('tab', 20)
    tab.merge(withKeys('other', 20))
    const node = counterOf('node')
    const { answered } = await descend(tab, node, { members: ['node'] })
    expect(answered.refused).toBe(0)
    expect(node.replicas()).toEqual(['tab'])
  })

  it('a member brings everyone’s, and epochs go with their peer', async () => {
    const node = withKeys('node', 5)
    node.merge(withKeys('other', 5))
    const tab = counterOf('tab')
    node.merge(withKeys('tab.k7f2q9', 5))
    await descend(node, tab, { members: ['node'] })
    expect(slotsOf(tab)).toEqual(slotsOf(node))
    const second = counterOf('second')
    await descend(tab, second, { members: ['second'] })
    expect(second.replicas()).toEqual(['tab.k7f2q9'])
  })
})
