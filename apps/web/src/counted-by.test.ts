import { expect, test } from 'vitest'
import { countedBy } from './counted-by.ts'

const slot = (replica: string, total: number | bigint, ops = 1) => ({ replica, total, ops })

test('the largest share comes first, whatever its sign, and sets the measure', () => {
  const { shares, repeated } = countedBy([slot('a', 5), slot('b', -20, 7), slot('c', 0)], -15n)
  expect(shares.map(({ replica, part }) => [replica, part])).toEqual([
    ['b', 1],
    ['a', 0.25],
    ['c', 0],
  ])
  expect(repeated).toBe(0n)
})

test('totals beyond a double keep their digits and their measure', () => {
  const large = 2n ** 1000n
  const { shares } = countedBy([slot('a', large), slot('b', large / 2n)], large + large / 2n)
  expect(shares[0]?.total).toBe(large)
  expect(shares[1]?.part).toBe(0.5)
})

test('more replicas than fit are summed up', () => {
  const slots = Array.from({ length: 100 }, (_, at) => slot(`r${at}`, 1, 2))
  const { shares, others } = countedBy(slots, 100n)
  expect(shares.length + others.replicas).toBe(100)
  expect(others).toEqual({ replicas: 60, total: 60n, ops: 120 })
})

test('what repeated requests counted twice is told', () => {
  expect(countedBy([slot('a', 5), slot('b', 5)], 5n).repeated).toBe(5n)
})

test('nobody has counted yet', () => {
  expect(countedBy([], 0n)).toMatchObject({ shares: [], repeated: 0n })
})
