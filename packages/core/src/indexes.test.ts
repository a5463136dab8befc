// The indexes below the slot table, against the plain maps and sorts that they stand for.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CrowdedRows } from './crowded-rows.ts'
import type { Integer } from './integer.ts'
import { RequestIndex } from './request-index.ts'
import { SeqOrder } from './seq-order.ts'
import { ShortNames } from './short-names.ts'
import { FIRST, KEY, NONE, REPLICA, SEQ, SlotRows } from './slot-rows.ts'

/** A row with so much in it. */
const rowOf = (
  rows: SlotRows,
  {
    key = 0,
    replica = 0,
    first = 1,
    seq = 1,
  }: { [name in 'key' | 'replica' | 'first' | 'seq']?: number },
): number => {
  const row = rows.add(key, replica, NONE)
  rows.set(row, FIRST, first)
  rows.set(row, SEQ, seq)
  return row
}

it('rows keep what is put into them, whatever its size, and in copies', () => {
  const value = fc.oneof(fc.integer(), fc.maxSafeInteger())
  const total = fc.oneof(value, fc.bigInt({ min: 2n ** 53n }))
  const write = fc.tuple(fc.nat(40), value, total)
  fc.assert(
    fc.property(fc.array(write), fc.array(write), (writes, later) => {
      const rows = new SlotRows()
      // Past the first page.
      for (let i = 0; i < 4200; i++) rows.add(i, 7, NONE)
      const model = new Map<number, readonly [number, Integer]>()
      const put = ([at, seq, sum]: readonly [number, number, Integer]): void => {
        rows.set(at * 105, SEQ, seq)
        rows.setTotal(at * 105, sum)
      }
      for (const each of writes) {
        put(each)
        model.set(each[0] * 105, [each[1], each[2]])
      }
      const copy = rows.copy()
      for (const each of later) put(each)
      for (let row = 0; row < 4200; row++) {
        const [seq, sum] = model.get(row) ?? [0, 0]
        expect(copy.slot(row)).toEqual({ first: 0, seq, ops: 0, total: sum })
        expect([copy.get(row, KEY), copy.get(row, REPLICA)]).toEqual([row, 7])
      }
    }),
    { numRuns: 20 },
  )
})

it('the rows of crowded keys are found by replica and key', () => {
  const pair = fc.tuple(fc.nat(3), fc.nat(20))
  fc.assert(
    fc.property(fc.uniqueArray(pair, { selector: String }), pair, (pairs, other) => {
      const rows = new SlotRows()
      const index = new CrowdedRows(rows)
      for (const [replica, key] of pairs) index.add(rowOf(rows, { replica, key }))
      for (const [replica, key] of [...pairs, other])
        expect(index.find(replica, key)).toBe(
          pairs.findIndex((each) => each[0] === replica && each[1] === key),
        )
    }),
  )
})

it('rows are found by their short names, but for those that stand for two', () => {
  const first = fc.oneof(fc.nat(30), fc.integer({ min: 1, max: 1000 }), fc.maxSafeNat())
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), first }),
    fc.record({ kind: fc.constant('rename' as const), first, row: fc.nat() }),
    fc.record({ kind: fc.constant('find' as const), first }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const rows = new SlotRows()
      const names = new ShortNames(rows)
      const held = new Map<number, number>()
      const ambiguous = new Set<number>()
      const take = (row: number, name: number): void => {
        if ([...held].some(([other, taken]) => other !== row && taken === name)) ambiguous.add(name)
        held.set(row, name)
      }
      for (const each of steps) {
        const name = each.first + 1
        if (each.kind === 'add') {
          const row = rowOf(rows, { first: name })
          names.add(row)
          take(row, name)
        } else if (each.kind === 'rename' && rows.length > 0) {
          const row = each.row % rows.length
          if (held.get(row) === name) continue
          ambiguous.add(held.get(row)!).add(name)
          names.rename(row, name)
          take(row, name)
        }
        expect(names.isAmbiguous(name)).toBe(ambiguous.has(name))
        if (each.kind !== 'find') continue
        const rowNamed = new Map([
          [name, NONE],
          ...[...held].map(([at, taken]) => [taken, at] as const),
        ])
        for (const [taken, at] of rowNamed)
          expect(names.find(taken)).toBe(ambiguous.has(taken) ? NONE : at)
      }
    }),
    { numRuns: 500 },
  )
})

it('the order of seqs is kept, however they were written', () => {
  const write = fc.record({
    row: fc.nat(8),
    step: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 })),
    query: fc.option(fc.nat(100), { freq: 2 }),
  })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 120 }), (writes) => {
      const rows = new SlotRows()
      for (let row = 0; row <= 8; row++) rowOf(rows, { seq: 0 })
      const order = new SeqOrder(rows)
      const seqs = new Map<number, number>()
      const used = new Set<number>()
      for (const { row, step, query } of writes) {
        // A row only moves up; between rows there is no order.
        const seq = (seqs.get(row) ?? 0) + step
        if (used.has(seq)) continue
        used.add(seq)
        seqs.set(row, seq)
        rows.set(row, SEQ, seq)
        order.moved(row, seq)
        const expected = [...seqs]
          .filter(([, at]) => at > (query ?? 0))
          .toSorted((a, b) => a[1] - b[1])
          .map(([at]) => at)
        // Not after each write, so that several are late at once.
        expect(query === null ? expected : order.since(query)).toEqual(expected)
        expect(order.last).toBe(Math.max(...seqs.values()))
      }
      expect(order.clear()).toEqual([...seqs].toSorted((a, b) => a[1] - b[1]).map(([row]) => row))
      expect(order.since(0)).toEqual([])
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
