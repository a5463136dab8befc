// One replica id with two writers: a copied folder, a restored backup. All converge, and it is reported.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { nothingJoined } from './join.ts'
import { decodeState } from './state-format.ts'
import { valuesByDefinition, valuesOf, viewOf } from './testing/view.ts'
import { copyOf, worldOf } from './testing/world.ts'

const counterOf = (replica: string): DistributedKeyCounter => new DistributedKeyCounter({ replica })
const joinAll = (reader: DistributedKeyCounter, writer: DistributedKeyCounter) =>
  reader.join(decodeState(writer.encode()))

describe('a slot of one’s own id', () => {
  it('that is higher is adopted, gone on from, and reported', () => {
    const [before, reader] = [counterOf('a'), counterOf('reader')]
    for (const key of ['x', 'y', 'x']) before.increment(key, 5)
    reader.merge(before)
    const after = counterOf('a')
    expect(joinAll(after, reader)).toMatchObject({ overtaken: true, forks: new Set() })
    expect([after.getValue('x'), after.seq]).toEqual([10n, 3])
    expect(after.increment('x', 1)).toMatchObject({ value: 11n, seq: 4 })
    reader.applyEncoded(after.encode({ since: reader.version }))
    expect([reader.getValue('x'), reader.version.get('a')]).toEqual([11n, 4])
  })

  it('that it had not written is reported, also where it is not the last', () => {
    const [a, twin] = [counterOf('a'), counterOf('a')]
    for (const key of ['x', 'x', 'x']) a.increment(key)
    twin.increment('other')
    expect(joinAll(a, twin)).toMatchObject({ overtaken: true })
    expect(joinAll(a, twin)).toMatchObject({ overtaken: false })
  })

  it('that comes back as it was is no news', () => {
    const [a, reader] = [counterOf('a'), counterOf('reader')]
    a.increment('x', 1, { requestId: 'r' })
    a.increment('y')
    reader.merge(a)
    a.increment('x')
    const { changed, gaps, forks, overtaken, revealed } = joinAll(a, reader)
    expect([...changed, ...gaps, ...forks, ...revealed, overtaken]).toEqual([false])
  })

  it('counts only where it comes: a claim alone moves nothing', () => {
    const a = counterOf('a')
    a.increment('x')
    a.join([{ replica: 'a', from: 1, to: 2 ** 40, units: [] }])
    expect([a.seq, a.version.get('a')]).toEqual([1, 1])
  })
})

it('request records that two stores have each lost another of come back to both', () => {
  const whole = counterOf('a')
  whole.increment('x', 1, { requestId: 'r' })
  whole.increment('x', 2, { requestId: 's' })
  const [state] = whole.state()
  const lacking = (seq: number): DistributedKeyCounter => {
    const reader = counterOf('reader')
    const units = state!.units.map((unit) => ({
      ...unit,
      requests: unit.requests.filter((record) => record.seq !== seq),
    }))
    reader.join([{ ...state!, units }])
    return reader
  }
  const [one, two] = [lacking(1), lacking(2)]
  joinAll(one, two)
  joinAll(two, one)
  for (const reader of [one, two]) {
    expect(reader.requests('a', 'x')).toEqual(whole.requests('a', 'x'))
    expect(reader.digest()).toEqual(whole.digest())
  }
})

it('two contents under one seq converge, and are reported', () => {
  const [one, two] = [counterOf('a'), counterOf('a')]
  one.increment('k', 5)
  two.increment('k', 7)
  const readers = [counterOf('r1'), counterOf('r2')]
  joinAll(readers[0]!, one)
  joinAll(readers[1]!, two)
  expect(joinAll(readers[0]!, two)).toMatchObject({ forks: new Set(['a']), changed: new Set('k') })
  expect(joinAll(readers[1]!, one)).toMatchObject({ forks: new Set(['a']), changed: new Set() })
  expect(readers.map((reader) => reader.getValue('k'))).toEqual([7n, 7n])
  expect(viewOf(readers[0]!)).toEqual(viewOf(readers[1]!))
})

it('one seq on two keys: both are kept, and handed on', () => {
  const [one, two, reader] = [counterOf('a'), counterOf('a'), counterOf('reader')]
  one.increment('x', 5)
  two.increment('y', 7)
  reader.merge(one)
  reader.merge(two)
  const next = counterOf('next')
  next.applyEncoded(reader.encode())
  expect(viewOf(next)).toEqual(viewOf(reader))
  expect([next.getValue('x'), next.getValue('y')]).toEqual([5n, 7n])
})

describe('a short name that stands for two keys', () => {
  const world = (): Record<'one' | 'two' | 'reader', DistributedKeyCounter> => {
    const [one, two, reader] = [counterOf('a'), counterOf('a'), counterOf('reader')]
    one.increment('x', 5)
    two.increment('y', 7)
    reader.merge(one)
    reader.merge(two)
    return { one, two, reader }
  }

  it('is kept out, as a gap', () => {
    const { two, reader } = world()
    two.increment('y', 1)
    const before = viewOf(reader)
    const joined = reader.join(decodeState(two.encode({ since: new Map([['a', 1]]) })))
    expect([joined.gaps, joined.changed.size]).toEqual([new Set(['a']), 0])
    expect(viewOf(reader)).toEqual(before)
  })

  it('is kept out by a draft too, whichever way it met the two', () => {
    const { one, two } = world()
    const reader = counterOf('reader')
    reader.merge(one)
    const whole = decodeState(two.encode())
    two.increment('y', 1)
    const later = decodeState(two.encode({ since: new Map([['a', 1]]) }))
    const draft = reader.draft()
    const joined = nothingJoined()
    for (const delta of [...whole, ...later]) draft.join(delta, joined)
    expect([joined.gaps, joined.changed]).toEqual([new Set(['a']), new Set('y')])
  })

  it('is not used by those who know', () => {
    const { two, reader } = world()
    two.increment('y', 1)
    reader.merge(two)
    const next = counterOf('next')
    next.merge(world().reader)
    next.applyEncoded(reader.encode({ since: new Map([['a', 1]]) }))
    expect([next.getValue('x'), next.getValue('y')]).toEqual([5n, 8n])
    expect(viewOf(next)).toEqual(viewOf(reader))
  })
})

it('two writers of one slot, begun apart: the higher seq wins whole, with its own requests', () => {
  const [one, two, reader] = [counterOf('a'), counterOf('a'), counterOf('reader')]
  one.increment('k', 5, { requestId: 'r1' })
  two.increment('other')
  two.increment('k', 7)
  two.increment('k', 7, { requestId: 'r3' })
  reader.merge(one)
  expect(reader.join(decodeState(two.encode({ since: new Map([['a', 1]]) })))).toMatchObject({
    forks: new Set(['a']),
  })
  expect(reader.getValue('k')).toBe(14n)
  expect(reader.requests('a', 'k').map(({ seq }) => seq)).toEqual([3])
  // What it holds now can be handed on.
  const next = counterOf('next')
  next.applyEncoded(reader.encode())
  expect(viewOf(next)).toEqual(viewOf(reader))
})

it('all replicas of any forked world are equal in the end, whatever the order', () => {
  const ids = ['a', 'b', 'a', 'a']
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 })
  fc.assert(
    fc.property(worldOf(ids), order, order, (world, first, second) => {
      const readers = [first, second].map((through) => {
        const reader = counterOf('reader')
        for (const at of through) reader.applyEncoded(world[at]!.encode())
        return reader
      })
      expect(viewOf(readers[0]!)).toEqual(viewOf(readers[1]!))
      for (const counter of world) counter.merge(readers[0]!)
      for (const counter of world) {
        expect(viewOf(counter)).toEqual(viewOf(readers[0]!))
        expect(valuesOf(counter)).toEqual(valuesByDefinition(viewOf(counter)))
        // And what each of them sends, all can read.
        expect(viewOf(copyOf(counter))).toEqual(viewOf(readers[0]!))
        expect(decodeState(counter.encode({ since: new Map([['a', 1]]) }))).toBeDefined()
      }
    }),
    { numRuns: 300 },
  )
})

describe('a slot that a damaged store has left without a request record', () => {
  it('takes it back from those who have it, and from them takes nothing', () => {
    const whole = counterOf('a')
    for (const requestId of ['r1', 'r2']) whole.increment('x', 1, { requestId })
    const damaged = counterOf('b')
    damaged.restore({ kind: 'slot', replica: 'a', key: 'x', slot: whole.slots('x')[0]! })
    const [, second] = whole.requests('a', 'x')
    damaged.restore({ kind: 'request', replica: 'a', first: 1, record: second! })
    const other = copyOf(whole)
    joinAll(other, damaged)
    joinAll(damaged, whole)
    for (const counter of [other, damaged]) expect(counter.requests('a', 'x')).toHaveLength(2)
  })
})
