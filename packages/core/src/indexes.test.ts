// The indexes below the slot table, against the plain maps and sorts that they stand for.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CrowdedRows } from './crowded-rows.ts'
import type { Integer } from './integer.ts'
import { KeyTable } from './key-table.ts'
import { RequestIndex } from './request-index.ts'
import { RowIndex } from './row-index.ts'
import { SeqOrder } from './seq-order.ts'
import { ShortNames } from './short-names.ts'
import { FIRST, NONE, REPLICA, SEQ, SlotRows } from './slot-rows.ts'

/** The first row of a key with so much in it. */
const rowOf = (
  rows: SlotRows,
  { first = 1, seq = 1 }: { first?: number; seq?: number },
): number => {
  const row = rows.addKey(0)
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
      // Past the first page of either kind: two rows for each of the first keys, one for the rest.
      const all = Array.from({ length: 4200 }, () => rows.addKey(7))
      for (let key = 0; key < 4200; key++) {
        rows.addSum(key)
        all.push(rows.addTo(key, 8))
      }
      const model = new Map<number, readonly [number, Integer]>()
      const put = ([at, seq, sum]: readonly [number, number, Integer]): void => {
        rows.set(all[at * 205]!, SEQ, seq)
        rows.setTotal(all[at * 205]!, sum)
      }
      for (const each of writes) {
        put(each)
        model.set(all[each[0] * 205]!, [each[1], each[2]])
      }
      const copy = rows.copy()
      for (const each of later) put(each)
      for (const [at, row] of all.entries()) {
        const [seq, sum] = model.get(row) ?? [0, 0]
        expect(copy.slot(row)).toEqual({ first: 0, seq, ops: 0, total: sum })
        const [key, replica] = [at % 4200, at < 4200 ? 7 : 8]
        expect([copy.keyOf(row), copy.get(row, REPLICA)]).toEqual([key, replica])
        expect(copy.next(row)).toBe(replica === 7 ? all[4200 + key] : NONE)
      }
    }),
    { numRuns: 20 },
  )
})

it('the rows of crowded keys are found by replica and key', () => {
  const pair = fc.tuple(fc.nat(20), fc.nat(3))
  fc.assert(
    fc.property(fc.uniqueArray(pair, { selector: String }), pair, (pairs, other) => {
      const rows = new SlotRows()
      const index = new CrowdedRows(rows)
      for (let key = 0; key < 4; key++) rows.addSum(rows.addKey(99))
      const added = new Map(
        pairs.map(([replica, key]) => [`${replica} ${key}`, rows.addTo(key, replica)]),
      )
      for (const row of added.values()) index.add(row)
      for (const [replica, key] of [...pairs, other])
        expect(index.find(replica, key)).toBe(added.get(`${replica} ${key}`) ?? NONE)
    }),
  )
})

it('the row of a slot is found, whatever was looked for, found and added before', () => {
  const step = fc.record({
    kind: fc.constantFrom('find' as const, 'at' as const, 'write' as const),
    replica: fc.nat(11),
    key: fc.nat(2),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), (steps) => {
      const rows = new SlotRows()
      const keys = new KeyTable(rows)
      const index = new RowIndex(rows, keys)
      const look = {
        find: (replica: number, key: string) => index.find(replica, key),
        at: (replica: number, key: string) => {
          const number = keys.find(key)
          return number === NONE ? NONE : index.at(replica, number)
        },
        write: (replica: number, key: string) => index.toWrite(replica, key),
      }
      const held = new Map<string, number>()
      for (const { kind, replica, key } of steps) {
        const text = `key ${key}`
        const slot = `${replica} of ${text}`
        const row = look[kind](replica, text)
        if (kind === 'write' && !held.has(slot)) held.set(slot, row)
        expect(row).toBe(held.get(slot) ?? NONE)
      }
      for (const [slot, row] of held)
        expect(`${rows.get(row, REPLICA)} of ${keys.textOf(rows.keyOf(row))}`).toBe(slot)
      expect(rows.length).toBe(held.size)
    }),
    { numRuns: 500 },
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
        rows.set(row, SEQ, seq)
        order.moved(row, seq, seqs.get(row) ?? 0)
        seqs.set(row, seq)
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
