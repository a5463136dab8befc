// Everything that joins is a lattice.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { nothingJoined } from './join.ts'
import { hashRequestId, type RequestRecord } from './request.ts'
import type { Unit } from './slot.ts'
import { itIsALattice, type Lattice } from './testing/laws.ts'
import { valuesByDefinition, valuesOf, viewOf } from './testing/view.ts'
import { copyOf, worldOf } from './testing/world.ts'

const record = (seq: number): fc.Arbitrary<RequestRecord> =>
  fc.record({
    hash: fc.constantFrom(hashRequestId('r1'), hashRequestId('r2')),
    amount: fc.constantFrom(1, 2, 2n ** 64n),
    seq: fc.constant(seq),
    ops: fc.constantFrom(1, 1, 3),
  })

/** Any slot with any requests: most of them come from writers who know nothing of each other. */
const unit: fc.Arbitrary<Unit> = fc
  .record({
    first: fc.integer({ min: 1, max: 2 }),
    seq: fc.integer({ min: 2, max: 4 }),
    ops: fc.integer({ min: 2, max: 4 }),
    total: fc.constantFrom(-1, 0, 1, 2n ** 64n),
  })
  .chain((slot) =>
    fc
      .tuple(...[1, 2, 3, 4].map((seq) => fc.option(record(seq), { nil: undefined })))
      .map((records) => ({
        ...slot,
        requests: records.filter((known) => known !== undefined && known.seq <= slot.seq),
        requestsSince: 0,
      })),
  ) as fc.Arbitrary<Unit>

const holding = (...units: readonly Unit[]): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica: 'observer' })
  const draft = counter.draft()
  for (const each of units) draft.joinWhole('a', 'k', each, nothingJoined())
  draft.apply()
  return counter
}

itIsALattice('a slot with its requests, forks included', {
  element: unit,
  join: (a, b): Unit => {
    const counter = holding(a, b)
    const { replica: _, ...slot } = counter.slots('k')[0]!
    return { ...slot, requests: counter.requests('a', 'k'), requestsSince: 0 }
  },
  view: (element) => element,
})

const counters = (
  ids: readonly string[],
  join: Lattice<DistributedKeyCounter>['join'],
): Lattice<DistributedKeyCounter> => ({
  // From worlds of their own, which share no more than the ids (so each id is forked), or from one.
  element: fc.tuple(worldOf(ids), fc.nat(ids.length - 1)).map(([world, at]) => world[at]!),
  join,
  view: viewOf,
})

const byMerge = (a: DistributedKeyCounter, b: DistributedKeyCounter): DistributedKeyCounter => {
  const both = copyOf(a)
  both.merge(b)
  return both
}

const byState = (a: DistributedKeyCounter, b: DistributedKeyCounter): DistributedKeyCounter => {
  const both = copyOf(a)
  both.applyEncoded(b.encode())
  return both
}

itIsALattice('a counter and merge, forks included', counters(['a', 'b', 'c', 'a'], byMerge))
itIsALattice('a counter and whole states, forks included', counters(['a', 'b', 'a'], byState))

/** Elements of one world without forks: intervals rest on there being one writer. */
const history: fc.Arbitrary<DistributedKeyCounter[]> = worldOf(['a', 'b', 'c', 'd'])

const bySince = (a: DistributedKeyCounter, b: DistributedKeyCounter): DistributedKeyCounter => {
  const both = copyOf(a)
  both.applyEncoded(b.encode({ since: both.version }))
  return both
}

const joins = { merge: byMerge, 'whole states': byState, 'deltas since a version': bySince }
for (const [name, join] of Object.entries(joins)) {
  it(`a counter of one history and ${name}: in any order, in any grouping, again and again`, () => {
    fc.assert(
      fc.property(history, ([a, b, c]) => {
        const all = viewOf(join(join(a!, b!), c!))
        expect(viewOf(join(c!, join(b!, a!)))).toEqual(all)
        expect(viewOf(join(a!, join(b!, c!)))).toEqual(all)
        expect(viewOf(join(join(b!, c!), join(a!, b!)))).toEqual(all)
        expect(viewOf(join(a!, a!))).toEqual(viewOf(a!))
      }),
    )
  })
}

it('values are what the slots come to by definition, forks included', () => {
  fc.assert(
    fc.property(worldOf(['a', 'b', 'c', 'a']), (world) => {
      for (const counter of world)
        expect(valuesOf(counter)).toEqual(valuesByDefinition(viewOf(counter)))
    }),
    { numRuns: 300 },
  )
})
