// The indexes below the slot table, against the plain maps and sorts that they stand for.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PairIndex } from './pair-index.ts'
import { RequestIndex } from './request-index.ts'
import { SeqLog } from './seq-log.ts'

it('a pair index finds the first row of every pair', () => {
  const pair = fc.tuple(
    fc.nat(3),
    fc.oneof(
      fc.nat(20),
      fc.maxSafeNat(),
      fc.nat(20).map((n) => n * 2 ** 32),
    ),
  )
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 200 }), pair, (pairs, other) => {
      const index = new PairIndex(
        (row) => pairs[row]![0],
        (row) => pairs[row]![1],
      )
      for (const row of pairs.keys()) index.add(row)
      for (const [left, right] of [...pairs, other])
        expect(index.find(left, right)).toBe(
          pairs.findIndex((each) => each[0] === left && each[1] === right),
        )
    }),
  )
})

it('a log gives the rows above a seq in order, however they were written', () => {
  const write = fc.record({
    row: fc.nat(8),
    step: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 })),
    query: fc.option(fc.nat(100), { freq: 2 }),
  })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 120 }), (writes) => {
      const seqs = new Map<number, number>()
      const log = new SeqLog((row) => seqs.get(row)!)
      const used = new Set<number>()
      for (const { row, step, query } of writes) {
        // A row only moves up; between rows there is no order.
        const seq = (seqs.get(row) ?? 0) + step
        if (used.has(seq)) continue
        used.add(seq)
        const isNew = !seqs.has(row)
        seqs.set(row, seq)
        log.add(seq, row, isNew)
        const expected = [...seqs]
          .filter(([, at]) => at > (query ?? 0))
          .toSorted((a, b) => a[1] - b[1])
          .map(([at]) => at)
        // Not after each write, so that several are late at once.
        expect(query === null ? expected : log.since(query)).toEqual(expected)
      }
      expect(log.last).toBe(Math.max(0, ...seqs.values()))
    }),
    { numRuns: 500 },
  )
})

it('a request index knows who else holds the same request', () => {
  const placed = fc.record({
    row: fc.nat(3),
    key: fc.nat(1),
    record: fc.record({
      hash: fc.constantFrom('h1', 'h2'),
      amount: fc.constantFrom(1, 2, 2n ** 64n),
      seq: fc.nat(3),
      ops: fc.constantFrom(1, 3),
    }),
  })
  fc.assert(
    fc.property(fc.array(placed, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (all, picks) => {
      const index = new RequestIndex()
      const held: typeof all = []
      const isSame = (a: (typeof all)[number]): boolean =>
        held.some(
          (b) =>
            a.key === b.key &&
            a.record.hash === b.record.hash &&
            a.record.amount === b.record.amount &&
            a.record.ops === b.record.ops,
        )
      const check = (): void => {
        for (const hash of ['h1', 'h2'])
          expect(new Set(index.placed(hash))).toEqual(
            new Set(held.filter(({ record }) => record.hash === hash)),
          )
      }
      for (const each of all) {
        expect(index.add(each)).toBe(isSame(each))
        held.push(each)
        check()
      }
      while (held.length > 0) {
        const [each] = held.splice(picks.next().value! % held.length, 1)
        expect(index.remove(each!)).toBe(isSame(each!))
        check()
      }
    }),
  )
})
