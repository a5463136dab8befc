// Drafts: stored before they are seen, and then the same as if there had been none.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import type { Draft } from './draft.ts'
import { TallymeshError } from './errors.ts'
import { nothingJoined, type Joined } from './join.ts'
import { hashRequestId } from './request.ts'
import { decodeState } from './state-format.ts'
import { Stored } from './testing/stored.ts'
import { valuesOf, viewOf } from './testing/view.ts'
import { eventsOf, play, worldOf, type Event } from './testing/world.ts'

const counterOf = (replica: string): DistributedKeyCounter => new DistributedKeyCounter({ replica })

/** What replica 0 does with an event, in a draft. */
const drafted = (
  draft: Draft,
  counters: readonly DistributedKeyCounter[],
  event: Event,
  joined: Joined,
): void => {
  if (event.type === 'increment') {
    const { key, amount, requestId } = event
    try {
      const exact = Number.isSafeInteger(Number(amount)) ? Number(amount) : amount
      draft.increment(key, exact, requestId === undefined ? undefined : hashRequestId(requestId))
    } catch (error) {
      if (!(error instanceof TallymeshError)) throw error
    }
    return
  }
  if (event.type === 'floor') {
    const { writer } = draft.authorship
    return void draft.moveFloor(draft.lastSeq(writer) - event.below, () => false)
  }
  const other = counters[event.from]!
  const since = event.type === 'delta' ? counters[0]!.version : undefined
  for (const delta of decodeState(other.encode({ since }))) draft.join(delta, joined)
}

/** Two counters that did the same: one by drafts of a few events each, one directly. */
const both = (
  events: readonly Event[],
  ids: readonly string[],
  perDraft: number,
  eachDraft: (draft: Draft, counter: DistributedKeyCounter) => void,
): { draftedOne: DistributedKeyCounter; direct: DistributedKeyCounter } => {
  const [draftedOne, direct] = [counterOf(ids[0]!), counterOf(ids[0]!)]
  const others = ids.slice(1).map(counterOf)
  let draft = draftedOne.draft()
  let count = 0
  for (const event of events) {
    const isAlone = event.type === 'increment' || event.type === 'floor'
    const isOwn = event.at === 0 && (isAlone || event.from > 0)
    if (!isOwn) {
      if (event.at > 0 && (isAlone || event.from > 0)) play([direct, ...others], event)
      continue
    }
    // Both see the others as they are now: since what they had before the draft, in case of a delta.
    drafted(draft, [draftedOne, ...others], event, nothingJoined())
    if (event.type === 'delta')
      direct.applyEncoded(others[event.from - 1]!.encode({ since: draftedOne.version }))
    else play([direct, ...others], event.type === 'merge' ? { ...event, type: 'state' } : event)
    if (++count % perDraft > 0) continue
    eachDraft(draft, draftedOne)
    draft = draftedOne.draft()
  }
  eachDraft(draft, draftedOne)
  return { draftedOne, direct }
}

const forks = ['a', 'b', 'c', 'a']
const honest = ['a', 'b', 'c', 'd']

for (const [name, ids] of Object.entries({ 'one writer an id': honest, 'a forked id': forks })) {
  it(`increments and joins in drafts are the same as without, with ${name}`, () => {
    fc.assert(
      fc.property(eventsOf(ids.length), fc.integer({ min: 1, max: 6 }), (events, perDraft) => {
        const { draftedOne, direct } = both(events, ids, perDraft, (draft) => draft.apply())
        expect(viewOf(draftedOne)).toEqual(viewOf(direct))
        expect(valuesOf(draftedOne)).toEqual(valuesOf(direct))
        expect(draftedOne.seq).toBe(direct.seq)
      }),
      { numRuns: 500 },
    )
  })
}

it('a draft shows nothing before it is applied, and nothing of it if it never is', () => {
  fc.assert(
    fc.property(eventsOf(honest.length), (events) => {
      both(events, honest, 4, (draft, counter) => {
        const unseen = counter.draft()
        unseen.increment('k', 1, hashRequestId('unseen'))
        draft.apply()
        const before = [viewOf(counter), valuesOf(counter), counter.seq]
        const dropped = counter.draft()
        for (const delta of decodeState(counter.encode())) dropped.join(delta, nothingJoined())
        dropped.increment('new key', 7, hashRequestId('dropped'))
        expect(() =>
          dropped.whole(() => {
            dropped.increment('new key', 7, hashRequestId('taken back'))
            throw new Error('taken back')
          }),
        ).toThrow('taken back')
        expect([viewOf(counter), valuesOf(counter), counter.seq]).toEqual(before)
      })
    }),
  )
})

it('what drafts store is the whole state: a counter restored from it is equal', () => {
  fc.assert(
    fc.property(
      eventsOf(honest.length),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      (events, perDraft, last) => {
        const stored = new Stored()
        const { draftedOne } = both(events, honest, perDraft, (draft) => {
          stored.commit(draft.changes())
          draft.apply()
        })
        const restored = stored.restore('a', last)
        expect(viewOf(restored)).toEqual(viewOf(draftedOne))
        expect(valuesOf(restored)).toEqual(valuesOf(draftedOne))
        expect(restored.seq).toBe(draftedOne.seq)
        const next = [restored, draftedOne].map((counter) => counter.increment('k', 1))
        expect(next[0]).toEqual(next[1])
      },
    ),
    { numRuns: 300 },
  )
})

it('whole units in a draft are the same as a merge', () => {
  fc.assert(
    fc.property(worldOf(forks), ([a, b]) => {
      const stored = new Stored()
      const [joining, direct] = [counterOf('reader'), counterOf('reader')]
      for (const other of [a!, b!]) {
        const draft = joining.draft()
        for (const { replica, floor, units } of other.state()) {
          if (floor !== undefined) draft.joinFloor(replica, floor, nothingJoined())
          for (const { key, ...unit } of units)
            draft.joinWhole(replica, key, { ...unit, requestsSince: 0 }, nothingJoined())
        }
        stored.commit(draft.changes())
        draft.apply()
        direct.merge(other)
      }
      expect(viewOf(joining).slots).toEqual(viewOf(direct).slots)
      expect(valuesOf(joining)).toEqual(valuesOf(direct))
    }),
  )
})

describe('a draft', () => {
  it('tells what its increments come to', () => {
    const a = counterOf('a')
    a.increment('k', 2 ** 53 - 1)
    const draft = a.draft()
    expect(draft.isEmpty).toBe(true)
    draft.increment('k', 5)
    draft.increment('other', -1)
    expect([draft.value('k'), draft.ops('k'), draft.value('other')]).toEqual([
      2n ** 53n + 4n,
      2,
      -1,
    ])
    expect(draft.changedKeys()).toEqual(new Set(['k', 'other']))
    expect([a.getValue('k'), a.getOps('k'), a.size]).toEqual([2n ** 53n - 1n, 1, 1])
  })

  it('knows its own requests, and those below it', () => {
    const a = counterOf('a')
    a.increment('k', 5, { requestId: 'r1' })
    const draft = a.draft()
    const [r1, r2] = [hashRequestId('r1'), hashRequestId('r2')]
    expect(draft.increment('k', 5, r1)).toMatchObject({ seq: 1, duplicate: true })
    expect(draft.increment('k', 5, r2)).toMatchObject({ seq: 2, duplicate: false })
    expect(draft.increment('k', 5, r2)).toMatchObject({ seq: 2, duplicate: true })
    expect(() => draft.increment('k', 6, r2)).toThrow(
      expect.objectContaining({ code: 'ERR_REQUEST_CONFLICT' }),
    )
    expect(draft.ops('k')).toBe(2)
  })

  it('is as before after a refused increment', () => {
    const a = counterOf('a')
    const draft = a.draft()
    draft.increment('k', 2n ** 1024n - 1n)
    expect(() => draft.increment('k', 1)).toThrow(
      expect.objectContaining({ code: 'ERR_TOTAL_LIMIT' }),
    )
    expect([draft.ops('k'), draft.changes().length]).toEqual([1, 2])
  })

  it('stores no record again that was stored before', () => {
    const [a, b] = [counterOf('a'), counterOf('b')]
    for (let i = 0; i < 100; i++) a.increment('hot', 1, { requestId: `r${i}` })
    b.merge(a)
    a.increment('hot', 1, { requestId: 'one more' })
    const draft = b.draft()
    for (const delta of decodeState(a.encode())) draft.join(delta, nothingJoined())
    expect(draft.changes()).toEqual([
      expect.objectContaining({ kind: 'slot' }),
      expect.objectContaining({ kind: 'request', record: expect.objectContaining({ seq: 101 }) }),
      { kind: 'version', replica: 'a', seq: 101 },
    ])
  })
})

describe('where a fork has taken a slot’s place', () => {
  /** Both wrote x first; then one began k with the second operation, and two with the third. */
  const writers = (): readonly [DistributedKeyCounter, DistributedKeyCounter] => {
    const [one, two] = [counterOf('a'), counterOf('a')]
    for (const key of ['x']) one.increment(key)
    for (const key of ['x', 'x']) two.increment(key)
    for (const requestId of ['r1', 'r2']) one.increment('k', 5, { requestId })
    for (const requestId of ['r2', 'r3', 'r4']) two.increment('k', 5, { requestId })
    return [one, two]
  }

  it('records that went with the old one are dropped, and the others go by its new name', () => {
    const reader = counterOf('reader')
    const stored = new Stored()
    for (const writer of writers()) {
      const draft = reader.draft()
      for (const delta of decodeState(writer.encode())) draft.join(delta, nothingJoined())
      stored.commit(draft.changes())
      draft.apply()
    }
    expect(reader.requests('a', 'k').map(({ seq }) => seq)).toEqual([3, 4, 5])
    for (const last of [false, true]) {
      const restored = stored.restore('reader', last)
      expect(viewOf(restored)).toEqual(viewOf(reader))
      expect(valuesOf(restored)).toEqual(valuesOf(reader))
    }
  })

  it('a draft knows the requests of the new one alone', () => {
    const [one, two] = writers()
    const [reader, direct] = [counterOf('reader'), counterOf('reader')]
    reader.merge(one)
    const draft = reader.draft()
    for (const delta of decodeState(two.encode())) draft.join(delta, nothingJoined())
    direct.merge(one)
    direct.merge(two)
    for (const requestId of ['r1', 'r2', 'r3']) {
      const { duplicate } = direct.increment('k', 5, { requestId })
      expect(draft.increment('k', 5, hashRequestId(requestId)).duplicate).toBe(duplicate)
    }
  })
})
