// Floors: old request records go, everywhere alike, and never so that a request that counts once counts twice.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from './bytes.ts'
import { DistributedKeyCounter } from './counter.ts'
import { joinFloors, readFloorBytes, writeFloorBytes, type Floor } from './floor.ts'
import { nothingJoined } from './join.ts'
import { itIsALattice } from './testing/laws.ts'
import { malformedOrRead } from './testing/malformed.ts'
import { valuesByDefinition, valuesOf, viewOf } from './testing/view.ts'

const counterOf = (replica: string): DistributedKeyCounter => new DistributedKeyCounter({ replica })

const meet = (counters: readonly DistributedKeyCounter[]): void => {
  for (const counter of counters) for (const other of counters) counter.merge(other)
}

const seqsOf = (counter: DistributedKeyCounter, replica: string, key = 'k'): number[] =>
  counter.requests(replica, key).map(({ seq }) => seq)

describe('a floor', () => {
  it('drops what is at or below it, as an operation of its own', () => {
    const a = counterOf('a')
    for (let i = 1; i <= 5; i++) a.increment('k', 1, { requestId: `r${i}` })
    expect(a.moveFloor(3)).toBe(true)
    expect([a.getValue('k'), a.getOps('k'), a.seq, a.version.get('a')]).toEqual([5n, 5, 6, 6])
    expect(seqsOf(a, 'a')).toEqual([4, 5])
    expect(a.floor('a')).toEqual({ at: 6, upTo: 3, kept: [] })
    expect(a.remembered('a')).toMatchObject({ records: 2, bytes: 2 * 19 })
    // Whoever comes too late counts again, and never less than once.
    expect(a.increment('k', 1, { requestId: 'r1' }).duplicate).toBe(false)
    expect(a.increment('k', 1, { requestId: 'r5' }).duplicate).toBe(true)
    expect(a.getValue('k')).toBe(6n)
  })

  it('is not moved where there is nothing to drop, nor back', () => {
    const a = counterOf('a')
    a.increment('k')
    expect(a.moveFloor(1)).toBe(false)
    a.increment('k', 1, { requestId: 'r' })
    expect([a.moveFloor(1), a.moveFloor(2), a.moveFloor(2), a.moveFloor(1)]).toEqual([
      false,
      true,
      false,
      false,
    ])
    expect(a.seq).toBe(3)
  })

  it('goes to others in each form, and moves their version', () => {
    for (const how of ['merge', 'delta', 'state'] as const) {
      const [a, b] = [counterOf('a'), counterOf('b')]
      a.increment('k', 1, { requestId: 'r1' })
      a.increment('other', 1, { requestId: 'r2' })
      b.merge(a)
      a.moveFloor(1)
      if (how === 'merge') b.merge(a)
      else b.applyEncoded(a.encode(how === 'delta' ? { since: b.version } : {}))
      expect(viewOf(b)).toEqual(viewOf(a))
      expect([seqsOf(b, 'a'), seqsOf(b, 'a', 'other')]).toEqual([[], [2]])
      expect(b.digest()).toEqual(a.digest())
    }
  })

  it('tells replicas apart that hold the same slots', () => {
    const [a, b] = [counterOf('a'), counterOf('b')]
    a.increment('k', 1, { requestId: 'r' })
    a.moveFloor(1)
    for (const { replica, units } of a.state())
      for (const { key, ...unit } of units) {
        const draft = b.draft()
        draft.joinWhole(replica, key, { ...unit, requestsSince: 0 }, nothingJoined())
        draft.apply()
      }
    expect(b.slots('k')).toEqual(a.slots('k'))
    expect(b.digest().root).not.toEqual(a.digest().root)
  })

  it('passes over the records of a repetition, which stay, and stay under each later one', () => {
    const [a, b] = [counterOf('a'), counterOf('b')]
    for (const counter of [a, b])
      for (const id of ['x', 'both', counter.replica])
        counter.increment('k', 1, { requestId: id === 'x' ? `x ${counter.replica}` : id })
    meet([a, b])
    expect(a.moveFloor(3)).toBe(true)
    expect(a.floor('a')).toEqual({ at: 4, upTo: 3, kept: [2] })
    meet([a, b])
    expect(b.moveFloor(3)).toBe(true)
    a.increment('k', 1, { requestId: 'later' })
    expect(a.moveFloor(5)).toBe(true)
    expect(a.floor('a')).toEqual({ at: 6, upTo: 5, kept: [2] })
    meet([a, b])
    for (const counter of [a, b]) {
      expect([seqsOf(counter, 'a'), seqsOf(counter, 'b')]).toEqual([[2], [2]])
      expect([counter.getValue('k'), counter.getOps('k')]).toEqual([6n, 6])
    }
  })

  it('drops old records that come later, whoever sends them', () => {
    const [a, old, late] = [counterOf('a'), counterOf('old'), counterOf('late')]
    a.increment('k', 1, { requestId: 'r1' })
    a.increment('k', 1, { requestId: 'r2' })
    old.merge(a)
    a.moveFloor(1)
    late.merge(a)
    late.merge(old)
    expect(seqsOf(late, 'a')).toEqual([2])
    expect(late.digest()).toEqual(a.digest())
  })
})

// Each increment has a digit of its own, so that a value tells how often each is in it.
const amountOf = (request: number): bigint => 4n ** BigInt(request)
const timesIn = (value: bigint, request: number): bigint => (value >> BigInt(2 * request)) & 3n

type Step =
  | { readonly type: 'try'; readonly at: number; readonly request: number }
  | { readonly type: 'merge' | 'delta'; readonly from: number; readonly at: number }
  | { readonly type: 'floor'; readonly at: number }
  /** No request that was made till now is tried again from here on. */
  | { readonly type: 'close' }
  | { readonly type: 'meet' }

const REPLICAS = 3
const REQUESTS = 4
const at = fc.nat(REPLICAS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('try' as const), at, request: fc.nat(REQUESTS - 1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('merge' as const, 'delta' as const),
      from: at,
      at,
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('floor' as const), at }) },
  { weight: 2, arbitrary: fc.constantFrom({ type: 'close' as const }, { type: 'meet' as const }) },
)

/** As the retention of a replica has it: nobody can have applied what it does not know. */
const isCovered = (
  all: readonly DistributedKeyCounter[],
  own: DistributedKeyCounter,
  upTo: number,
): boolean =>
  all.every(
    (other) =>
      (other.version.get(own.replica) ?? 0) >= upTo &&
      [...other.version].every(([replica, seq]) => (own.version.get(replica) ?? 0) >= seq),
  )

it('requests count once, in every state and in the end, while floors move behind them', () => {
  let moves = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
      const all = ['a', 'b', 'c'].map(counterOf)
      let closed = 0
      let closedAt = all.map(() => 0)
      const tried = new Set<number>()
      for (const one of steps) {
        if (one.type === 'try') {
          const request = closed + one.request
          tried.add(request)
          all[one.at]!.increment('k', amountOf(request), { requestId: `r${request}` })
        } else if (one.type === 'meet') meet(all)
        else if (one.type === 'merge') all[one.at]!.merge(all[one.from]!)
        else if (one.type === 'delta')
          all[one.at]!.applyEncoded(all[one.from]!.encode({ since: all[one.at]!.version }))
        else if (one.type === 'close') {
          closed += REQUESTS
          closedAt = all.map(({ seq }) => seq)
        } else {
          const upTo = closedAt[one.at]!
          if (isCovered(all, all[one.at]!, upTo) && all[one.at]!.moveFloor(upTo)) moves++
        }
        for (const counter of all) {
          expect(valuesOf(counter)).toEqual(valuesByDefinition(viewOf(counter)))
          for (const request of tried)
            expect(timesIn(counter.getValue('k'), request)).toBeLessThanOrEqual(1n)
        }
      }
      meet(all)
      const sum = [...tried].reduce((total, request) => total + amountOf(request), 0n)
      for (const counter of all)
        expect([counter.getValue('k'), counter.getOps('k')]).toEqual([sum, tried.size])
    }),
    { numRuns: 400 },
  )
  // The property would say little of floors that never move.
  expect(moves).toBeGreaterThan(100)
})

const floor: fc.Arbitrary<Floor> = fc
  .record({
    upTo: fc.integer({ min: 1, max: 6 }),
    past: fc.integer({ min: 1, max: 3 }),
    kept: fc.subarray([1, 2, 3, 4, 5, 6]),
  })
  .map(({ upTo, past, kept }) => ({
    at: upTo + past,
    upTo,
    kept: kept.filter((seq) => seq <= upTo),
  }))

itIsALattice('a floor, forks included', {
  element: floor,
  join: joinFloors,
  view: (element) => element,
})

describe('the bytes of a floor', () => {
  const written = (given: Floor): Uint8Array => {
    const writer = new ByteWriter()
    writeFloorBytes(writer, given)
    return writer.finish()
  }
  const read = (bytes: Uint8Array): Floor | undefined =>
    malformedOrRead(() => {
      const reader = new ByteReader(bytes)
      const found = readFloorBytes(reader)
      reader.end()
      return found
    })

  it('are read as they were written', () => {
    fc.assert(
      fc.property(floor, (given) => {
        expect(read(written(given))).toEqual(given)
      }),
    )
  })

  it('have one form, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const found = read(bytes)
        expect(found === undefined ? bytes : written(found)).toEqual(bytes)
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['a move to where it is', [5, 0, 0]],
    ['a floor below the first operation', [5, 5, 0]],
    ['a floor past the move', [5, 6, 0]],
    ['a record twice', [5, 1, 2, 1, 0]],
    ['a record above it', [5, 1, 1, 5]],
    ['more records than there are bytes', [5, 1, 9, 1]],
  ])('are refused for %s', (_, bytes) => {
    expect(read(Uint8Array.from(bytes))).toBeUndefined()
  })
})
