// What a counter does at one replica, and between two.
import { describe, expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { valuesOf, viewOf } from './testing/view.ts'

const counterOf = (replica: string): DistributedKeyCounter => new DistributedKeyCounter({ replica })
const refusal = (code: string): unknown => expect.objectContaining({ name: 'TallymeshError', code })

it('counts by key', () => {
  const a = counterOf('a')
  expect(a.getValue('views')).toBe(0n)
  expect(a.getOps('views')).toBe(0)
  expect(a.increment('views', 5)).toEqual({
    value: 5n,
    ops: 1,
    seq: 1,
    replica: 'a',
    duplicate: false,
  })
  expect(a.increment('views', -7n)).toMatchObject({ value: -2n, ops: 2, seq: 2 })
  expect(a.increment('likes')).toMatchObject({ value: 1n, ops: 1, seq: 3 })
  expect(a.getValue('views')).toBe(-2n)
  expect([a.size, a.slotCount, a.seq]).toEqual([2, 2, 3])
  expect(a.version).toEqual(new Map([['a', 3]]))
  expect(a.slots('views')).toEqual([{ replica: 'a', first: 1, seq: 2, ops: 2, total: -2 }])
})

it('records increments of zero, and carries them on', () => {
  const [a, b] = [counterOf('a'), counterOf('b')]
  a.increment('k', 0)
  a.increment('k', -0)
  expect(b.applyEncoded(a.encode({ since: b.version }))).toEqual(['k'])
  expect([b.getValue('k'), b.getOps('k'), b.version.get('a')]).toEqual([0n, 2, 2])
  expect(Object.is(a.slots('k')[0]!.total, 0)).toBe(true)
  expect(viewOf(b)).toEqual(viewOf(a))
})

describe('totals', () => {
  const edges: readonly (readonly [string, readonly (number | bigint)[]])[] = [
    ['past 2^53 and back', [2 ** 53 - 1, 1, 1, -3]],
    ['past -2^53 and back', [1 - 2 ** 53, -1, -1, 3]],
    ['past 2^63 and back', [2n ** 63n - 1n, 1, -(2n ** 62n), -(2n ** 62n)]],
    ['past -2^63 and back', [-(2n ** 63n), -1, 2n ** 62n, 2n ** 62n]],
    ['from one end of 1,024 bits to the other', [2n ** 1024n - 1n, 1n - 2n ** 1024n, -1n]],
  ]
  for (const [name, amounts] of edges) {
    it(`are exact ${name}, here and where they travel`, () => {
      const [a, b, c] = [counterOf('a'), counterOf('b'), counterOf('c')]
      let expected = 0n
      for (const amount of amounts) {
        expected += BigInt(amount)
        expect(a.increment('k', amount).value).toBe(expected)
        b.applyEncoded(a.encode({ since: b.version }))
        c.merge(a)
        expect([b.getValue('k'), c.getValue('k')]).toEqual([expected, expected])
        expect(viewOf(b)).toEqual(viewOf(a))
        const total = a.slots('k')[0]!.total
        expect(typeof total === 'number').toBe(Number.isSafeInteger(Number(expected)))
      }
    })
  }

  it('add up past 1,024 bits over replicas', () => {
    const [a, b] = [counterOf('a'), counterOf('b')]
    a.increment('k', 2n ** 1024n - 1n)
    b.increment('k', 2n ** 1024n - 1n)
    a.merge(b)
    expect(a.getValue('k')).toBe(2n ** 1025n - 2n)
    b.applyEncoded(a.encode())
    expect(b.getValue('k')).toBe(2n ** 1025n - 2n)
  })

  it('are refused past 1,024 bits before anything changes', () => {
    for (const sign of [1n, -1n]) {
      const a = counterOf('a')
      a.increment('k', sign * (2n ** 1024n - 1n))
      const before = viewOf(a)
      expect(() => a.increment('k', sign, { requestId: 'r' })).toThrow(refusal('ERR_TOTAL_LIMIT'))
      expect(viewOf(a)).toEqual(before)
      expect(a.seq).toBe(1)
      // The request is not known either: the same id with an amount that fits is a new one.
      expect(a.increment('k', -sign, { requestId: 'r' })).toMatchObject({
        duplicate: false,
        seq: 2,
      })
    }
  })
})

describe('arguments', () => {
  const fits = '🦀'.repeat(128)
  it('may be any key of 1 to 512 UTF-8 bytes', () => {
    const keys = [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      ' ',
      '\0',
      '\uFEFF',
      'é',
    ]
    const [a, b] = [counterOf('a'), counterOf('b')]
    for (const [i, key] of [...keys, '🦀', fits, 'k'.repeat(512)].entries()) {
      expect(a.getValue(key)).toBe(0n)
      expect(a.increment(key, i + 1).value).toBe(BigInt(i + 1))
    }
    b.applyEncoded(a.encode())
    expect(viewOf(b)).toEqual(viewOf(a))
    expect(valuesOf(b)).toEqual(valuesOf(a))
    expect(b.list({ prefix: '__proto' })).toEqual([{ key: '__proto__', value: 1n, ops: 1 }])
  })

  const wrong: readonly (readonly [string, unknown])[] = [
    ['an empty key', ''],
    ['a key of 513 bytes', `${fits}k`],
    ['a key of 513 bytes', 'k'.repeat(513)],
    ['a key with half a surrogate pair', 'k\ud83e'],
    ['a key with the other half alone', '\udd80'],
    ['a key that is a number', 5],
  ]
  for (const [name, key] of wrong) {
    it(`may not be ${name}`, () => {
      const a = counterOf('a')
      expect(() => a.increment(key as string)).toThrow(refusal('ERR_INVALID_ARGUMENT'))
      expect([a.size, a.seq, a.slotCount]).toEqual([0, 0, 0])
    })
  }

  it('may be no amount but a safe integer or a bigint', () => {
    const a = counterOf('a')
    for (const amount of [1.5, Number.NaN, Infinity, 2 ** 53, '5', null, {}, 2n ** 1024n])
      expect(() => a.increment('k', amount as number)).toThrow(refusal('ERR_INVALID_ARGUMENT'))
    expect([a.size, a.seq]).toEqual([0, 0])
  })

  it('may be no request id or replica id but 1 to 128 bytes', () => {
    const a = counterOf('a')
    for (const id of ['', 'r'.repeat(129), '\ud800', 7]) {
      expect(() => a.increment('k', 1, { requestId: id as string })).toThrow(
        refusal('ERR_INVALID_ARGUMENT'),
      )
      expect(() => counterOf(id as string)).toThrow(refusal('ERR_INVALID_ARGUMENT'))
    }
    expect(a.seq).toBe(0)
    expect(a.increment('k', 1, { requestId: 'r'.repeat(128) }).ops).toBe(1)
    expect(counterOf('é'.repeat(64)).increment('k').replica).toBe('é'.repeat(64))
  })
})

it('joins two first writes to one key', () => {
  const [a, b] = [counterOf('a'), counterOf('b')]
  a.increment('k', 5)
  b.increment('k', 7)
  const [fromA, fromB] = [a.encode(), b.encode()]
  expect(a.applyEncoded(fromB)).toEqual(['k'])
  expect(b.applyEncoded(fromA)).toEqual(['k'])
  expect([a.getValue('k'), b.getValue('k'), a.getOps('k')]).toEqual([12n, 12n, 2])
  expect(viewOf(b)).toEqual(viewOf(a))
})

it('says which keys a merge has changed', () => {
  const [a, b] = [counterOf('a'), counterOf('b')]
  a.increment('x')
  b.increment('y')
  b.increment('z', 0)
  expect(a.merge(b).toSorted()).toEqual(['y', 'z'])
  expect(a.merge(b)).toEqual([])
  expect(a.merge(a)).toEqual([])
  b.increment('y')
  expect(a.merge(b)).toEqual(['y'])
})

it('a key that many replicas touch has each one’s slot, and the sum of all', () => {
  const all = new DistributedKeyCounter({ replica: 'all' })
  const writers = Array.from(
    { length: 40 },
    (_, n) => new DistributedKeyCounter({ replica: `writer-${n}` }),
  )
  for (const round of [1, 2])
    for (const [n, writer] of writers.entries()) {
      writer.increment('crowded', n)
      writer.increment(`own-${n}`, round)
      all.merge(writer)
      all.increment('crowded', 1)
    }
  expect(all.getValue('crowded')).toBe(BigInt(2 * ((40 * 39) / 2) + 80))
  expect(all.getOps('crowded')).toBe(160)
  expect(all.slots('crowded').length).toBe(41)
  for (const [n] of writers.entries()) {
    expect(all.slot(`writer-${n}`, 'crowded')).toMatchObject({ ops: 2, total: 2 * n })
    expect(all.slot(`writer-${n}`, `own-${n}`)).toMatchObject({ ops: 2, total: 3 })
  }
})
