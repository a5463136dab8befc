// Retries count once, wherever they were applied, in every state that holds any of them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { valuesByDefinition, valuesOf, viewOf } from './testing/view.ts'

const counterOf = (replica: string): DistributedKeyCounter => new DistributedKeyCounter({ replica })
const conflict: unknown = expect.objectContaining({ code: 'ERR_REQUEST_CONFLICT' })

it('a retry at the same replica changes nothing, and is told what it was', () => {
  const a = counterOf('a')
  const first = a.increment('k', 5, { requestId: 'r' })
  a.increment('k', 1)
  expect(a.increment('k', 5, { requestId: 'r' })).toEqual({
    ...first,
    value: 6n,
    ops: 2,
    duplicate: true,
  })
  expect(a.seq).toBe(2)
})

it('a retry at another replica that knows the request changes nothing', () => {
  const [a, b] = [counterOf('a'), counterOf('b')]
  a.increment('k', 5n, { requestId: 'r' })
  b.merge(a)
  expect(b.increment('k', 5, { requestId: 'r' })).toEqual({
    value: 5n,
    ops: 1,
    seq: 1,
    replica: 'a',
    duplicate: true,
  })
  expect(b.seq).toBe(0)
})

it('the same id with another key or amount is refused where it is known', () => {
  const a = counterOf('a')
  a.increment('k', 5, { requestId: 'r' })
  const before = viewOf(a)
  expect(() => a.increment('k', 6, { requestId: 'r' })).toThrow(conflict)
  expect(() => a.increment('k', -5, { requestId: 'r' })).toThrow(conflict)
  expect(() => a.increment('other', 5, { requestId: 'r' })).toThrow(conflict)
  expect(viewOf(a)).toEqual(before)
  expect(a.size).toBe(1)
})

it('where replicas apart took one id for two increments, both count, and both are known', () => {
  const [a, b, c] = [counterOf('a'), counterOf('b'), counterOf('c')]
  a.increment('k', 5, { requestId: 'r' })
  b.increment('k', 6, { requestId: 'r' })
  c.increment('other', 5, { requestId: 'r' })
  for (const other of [b, c]) a.merge(other)
  expect([a.getValue('k'), a.getValue('other'), a.getOps('k')]).toEqual([11n, 5n, 2])
  expect(a.increment('k', 6, { requestId: 'r' })).toMatchObject({ duplicate: true, replica: 'b' })
  expect(() => a.increment('k', 7, { requestId: 'r' })).toThrow(conflict)
})

describe('one request applied by three replicas', () => {
  const appliers = (): DistributedKeyCounter[] =>
    ['c', 'a', 'b'].map((replica, i) => {
      const counter = counterOf(replica)
      counter.increment('k', 10 ** i)
      counter.increment('k', 7, { requestId: 'r' })
      counter.increment('k', 2 * 10 ** i)
      return counter
    })

  for (const subset of [1, 2, 3, 4, 5, 6, 7]) {
    it(`counts once in every state that holds any of them (${subset.toString(2)})`, () => {
      const reader = counterOf('reader')
      const held = appliers().filter((_, i) => subset & (1 << i))
      let own = 0
      for (const counter of held) {
        for (let times = 0; times < 2; times++) {
          reader.applyEncoded(counter.encode({ since: reader.version }))
          reader.applyEncoded(counter.encode())
        }
        own += Number(counter.getValue('k')) - 7
        const ops = 2 * reader.slots('k').length + 1
        expect([reader.getValue('k'), reader.getOps('k')]).toEqual([BigInt(own + 7), ops])
      }
      const smallest = held.map(({ replica }) => replica).toSorted()[0]
      const retried = reader.increment('k', 7, { requestId: 'r' })
      expect(retried).toMatchObject({ value: BigInt(own + 7), duplicate: true, replica: smallest })
    })
  }

  it('counts once also while its appliers go on', () => {
    const all = appliers()
    for (const counter of all) for (const other of all) counter.merge(other)
    all[0]!.increment('k', 100)
    all[1]!.increment('k', 5, { requestId: 'other' })
    for (const counter of all)
      for (const other of all) counter.applyEncoded(other.encode({ since: counter.version }))
    for (const counter of all)
      expect([counter.getValue('k'), counter.getOps('k')]).toEqual([333n + 7n + 105n, 9])
  })
})

it('a slot never comes without its requests, nor with a part of them', () => {
  const [a, b] = [counterOf('a'), counterOf('b')]
  for (let i = 0; i < 10; i++) {
    a.increment('hot', 1, { requestId: `r${i}` })
    if (i % 3 === 0) b.applyEncoded(a.encode({ since: b.version }))
  }
  const size = (since: Map<string, number>): number => a.encode({ since }).length
  // Those that the receiver has are not sent again. A record takes 18 bytes.
  expect(size(new Map([['a', 7]])) - size(new Map([['a', 9]]))).toBe(2 * 18)
  b.applyEncoded(a.encode({ since: b.version }))
  expect(b.requests('a', 'hot')).toEqual(a.requests('a', 'hot'))
  expect(b.requests('a', 'hot').map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

it('requests retried anywhere count once when all have met, whatever the order', () => {
  const ids = ['a', 'b', 'c']
  const retry = fc.record({ at: fc.nat(2), id: fc.nat(4), meet: fc.option(fc.nat(2)) })
  fc.assert(
    fc.property(fc.array(retry, { maxLength: 40 }), (retries) => {
      const counters = ids.map(counterOf)
      for (const { at, id, meet } of retries) {
        counters[at]!.increment('k', id + 1, { requestId: `r${id}` })
        if (meet !== null) counters[at]!.applyEncoded(counters[meet]!.encode())
        for (const counter of counters)
          expect(valuesOf(counter)).toEqual(valuesByDefinition(viewOf(counter)))
      }
      for (const counter of counters) for (const other of counters) counter.merge(other)
      const distinct = [...new Set(retries.map(({ id }) => id))]
      const value = BigInt(distinct.reduce((sum, id) => sum + id + 1, 0))
      for (const counter of counters)
        expect([counter.getValue('k'), counter.getOps('k')]).toEqual([value, distinct.length])
    }),
  )
})
