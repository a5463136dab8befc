import { hashRequestId } from '@tallymesh/core'
import { describe, expect, it } from 'vitest'
import { coverOf, type CheckedIncrement } from './cover.ts'

const add = (key: string, amount: number | bigint, requestId?: string): CheckedIncrement => ({
  key,
  amount,
  hash: requestId === undefined ? undefined : hashRequestId(requestId),
})

/** A write of a commit whose first operation is `seq`. */
const counted = (
  seq: number,
  increments: readonly CheckedIncrement[],
  duplicates: number[] = [],
) => ({
  increments,
  results: increments.map((_, i) => ({ seq: seq + i, duplicate: duplicates.includes(i) })),
})

/** Less the random name. */
const plain = (writes: ReturnType<typeof counted>[]) =>
  coverOf(writes, Math.random).map(({ key, record: { amount, ops, seq } }) => [
    key,
    amount,
    ops,
    seq,
  ])

describe('a commit under a provisional epoch leaves', () => {
  it('one record a key, which stands for all that it counted there', () => {
    const first = counted(1, [add('x', 5), add('y', 0), add('x', -7)])
    const second = counted(4, [add('x', 1)])
    expect(plain([first, second])).toEqual([
      ['x', -1, 3, 4],
      ['y', 0, 1, 2],
    ])
  })

  it('none beside what has a request id, and none for what changed nothing', () => {
    const write = counted(1, [add('x', 5, 'a'), add('x', 5), add('y', 2, 'b'), add('z', 1)], [3])
    expect(plain([write])).toEqual([['x', 5, 1, 2]])
    expect(plain([])).toEqual([])
  })

  it('one beside each large amount, and a sum that is exact', () => {
    const safe = Number.MAX_SAFE_INTEGER
    const write = counted(1, [add('x', 2n ** 1000n), add('x', safe), add('x', safe), add('x', 3n)])
    expect(plain([write]).toSorted((a, b) => Number(a[3]) - Number(b[3]))).toEqual([
      ['x', 2n ** 1000n, 1, 1],
      ['x', 2n * BigInt(safe), 2, 3],
      ['x', 3n, 1, 4],
    ])
  })

  it('records of random names, 16 bytes each', () => {
    const numbers = [0, 255 / 256, 0.5]
    let n = 0
    const covers = coverOf(
      [counted(1, [add('x', 1), add('y', 1)])],
      () => numbers[n++ % numbers.length]!,
    )
    const [one, two] = covers.map(({ record }) => record.hash)
    expect([one!.length, two!.length]).toEqual([16, 16])
    expect(one).not.toBe(two)
    expect(one!.slice(0, 3)).toBe('\u0000ÿ\u0080')
  })
})
