// Deltas: repeated, reordered, lost and pulled later, they come to the same state.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import type { Delta } from './delta.ts'
import { decodeState, encodeState } from './state-format.ts'
import { viewOf } from './testing/view.ts'
import { eventsOf, incrementAt, play } from './testing/world.ts'

const counterOf = (replica: string): DistributedKeyCounter => new DistributedKeyCounter({ replica })

/** A writer's history, and the delta of each increment, as gossip would send it. */
const history = (
  events: readonly Parameters<typeof play>[1][],
): { writer: DistributedKeyCounter; deltas: Delta[] } => {
  const writer = counterOf('writer')
  const deltas: Delta[] = []
  for (const event of events) {
    const { seq } = writer
    play([writer], event)
    if (writer.seq > seq) deltas.push(...sent(writer, seq))
  }
  return { writer, deltas }
}

/** Through bytes, since there short names take the place of keys. */
const sent = (writer: DistributedKeyCounter, from: number): Delta[] =>
  decodeState(encodeState([writer.deltaSince(writer.replica, from)]))

const written = fc.array(incrementAt(1), { minLength: 1, maxLength: 30 }).map(history)

/** A random order of numbers below `count`, as a list of what to take next. */
const shuffled = <T>(items: readonly T[], picks: readonly number[]): T[] => {
  const left = [...items]
  return items.flatMap((_, i) => left.splice((picks[i] ?? 0) % left.length, 1))
}

it('the same delta twice changes nothing the second time', () => {
  const { writer, deltas } = history([
    { type: 'increment', at: 0, key: 'k', amount: 3, requestId: 'r1' },
    { type: 'increment', at: 0, key: 'k', amount: 4, requestId: undefined },
  ])
  const reader = counterOf('reader')
  for (const delta of deltas) {
    expect([...reader.join([delta]).changed]).toEqual(['k'])
    const after = viewOf(reader)
    const again = reader.join([delta])
    expect([again.changed.size, again.gaps.size, again.forks.size]).toEqual([0, 0, 0])
    expect(viewOf(reader)).toEqual(after)
  }
  expect(viewOf(reader)).toEqual(viewOf(writer))
})

it('deltas in any order, each as often as you like, come to the same', () => {
  const picks = fc.array(fc.nat(), { maxLength: 90 })
  fc.assert(
    fc.property(written, picks, fc.nat(2), ({ writer, deltas }, order, repeats) => {
      const reader = counterOf('reader')
      const copies = [...deltas, ...Array.from({ length: repeats }, () => deltas).flat()]
      for (const delta of shuffled(copies, order)) reader.join([delta])
      expect(viewOf(reader)).toEqual(viewOf(writer))
    }),
  )
})

it('a delta that was lost leaves a gap, and is pulled later', () => {
  fc.assert(
    fc.property(written, fc.array(fc.boolean()), ({ writer, deltas }, losses) => {
      const reader = counterOf('reader')
      const joined = reader.join(deltas.filter((_, i) => losses[i] !== true))
      const version = reader.version.get('writer') ?? 0
      expect(version === writer.seq).toBe(!deltas.some((_, i) => losses[i]))
      const laterCame = deltas.some(({ from }, i) => losses[i] !== true && from > version)
      expect(joined.gaps).toEqual(new Set(laterCame ? ['writer'] : []))
      const pulled = reader.join(sent(writer, version))
      expect(pulled.gaps.size).toBe(0)
      expect(viewOf(reader)).toEqual(viewOf(writer))
    }),
  )
})

describe('a delta past what is held', () => {
  const { writer, deltas } = history(
    ['x', 'y', 'x'].map((key) => ({
      type: 'increment',
      at: 0,
      key,
      amount: 1,
      requestId: undefined,
    })),
  )

  it('shows nothing until the gap closes, and then all', () => {
    const reader = counterOf('reader')
    for (const late of [deltas[2]!, deltas[1]!]) {
      expect(reader.join([late])).toMatchObject({ changed: new Set(), gaps: new Set(['writer']) })
      expect([reader.size, reader.version.size]).toEqual([0, 0])
    }
    const joined = reader.join([deltas[0]!])
    expect([joined.changed, joined.gaps]).toEqual([new Set(['x', 'y']), new Set()])
    expect(viewOf(reader)).toEqual(viewOf(writer))
  })

  it('is kept out where its short names are not known, also if its interval would fit', () => {
    const reader = counterOf('reader')
    reader.join([{ replica: 'writer', from: 0, to: 2, units: [] }])
    const joined = reader.join([deltas[2]!])
    expect([joined.changed.size, joined.gaps]).toEqual([0, new Set(['writer'])])
    expect(reader.size).toBe(0)
  })
})

it('a part of an interval moves slots, and not the vector, until its last part', () => {
  const { writer } = history(
    ['a', 'b', 'c', 'a', 'b'].map((key) => ({
      type: 'increment',
      at: 0,
      key,
      amount: 1,
      requestId: undefined,
    })),
  )
  const [reader, whole] = [counterOf('reader'), writer.deltaSince('writer', 0)]
  for (const [i, unit] of whole.units.entries()) {
    const isLast = i === whole.units.length - 1
    const part = { ...whole, to: isLast ? whole.to : whole.from, units: [unit] }
    reader.join(decodeState(encodeState([part])))
    expect(reader.version.get('writer') ?? 0).toBe(isLast ? 5 : 0)
    expect(reader.slotCount).toBe(i + 1)
  }
  expect(viewOf(reader)).toEqual(viewOf(writer))
})

it('what a peer can have held for it is bounded, and what is dropped is pulled', () => {
  const reader = counterOf('reader')
  for (let i = 0; i < 1000; i++) {
    const slot = { first: 2, seq: 2, ops: 1, total: 1, requests: [] }
    const units = Array.from({ length: 100 }, (_, j) => ({ ...slot, key: `${i}/${j}` }))
    reader.join([{ replica: `hostile-${i}`, from: 1, to: 2, units }])
  }
  // The oldest had to go: nothing follows what closes its gap.
  const closing = (i: number): Delta => ({ replica: `hostile-${i}`, from: 0, to: 1, units: [] })
  expect(reader.join([closing(0)]).changed.size).toBe(0)
  expect(reader.join([closing(999)]).changed.size).toBe(100)
  const held = Array.from({ length: 1000 }, (_, i) => reader.join([closing(i)]).changed.size)
  expect(held.reduce((sum, changed) => sum + changed, 0)).toBeLessThan(16_384)
})

it('deltas alone and whole states alone come to equal states', () => {
  const ids = ['a', 'b', 'c']
  fc.assert(
    fc.property(eventsOf(ids.length), (events) => {
      const byDeltas = ids.map(counterOf)
      const byStates = ids.map(counterOf)
      for (const event of events) {
        const isIncrement = event.type === 'increment' || event.type === 'floor'
        play(byDeltas, isIncrement ? event : { ...event, type: 'delta' })
        play(byStates, isIncrement ? event : { ...event, type: 'state' })
        expect(byDeltas.map(viewOf)).toEqual(byStates.map(viewOf))
      }
    }),
  )
})
