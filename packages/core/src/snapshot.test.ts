import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import type { ReplicaSlot } from './snapshot.ts'
import { viewOf } from './testing/view.ts'
import { copyOf, eventsOf, play, worldOf } from './testing/world.ts'

/** The slots as a counter, with no claim as to what is held of a replica. */
const gather = (slots: Iterable<ReplicaSlot>): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica: 'observer' })
  for (const { replica, ...unit } of slots)
    counter.join([{ replica, from: 0, to: 0, units: [unit] }])
  return counter
}

// Under one id two writers fork it.
const IDS = ['a', 'b', 'c', 'c']

test('a snapshot has every slot of its moment, whole, whatever is written afterwards', () => {
  fc.assert(
    fc.property(worldOf(IDS), eventsOf(IDS.length), (counters, later) => {
      const all = counters[0]!
      for (const counter of counters) all.merge(counter)
      const moment = viewOf(copyOf(all)).slots
      const snapshot = all.snapshot()
      for (const event of later) play(counters, event)
      expect(viewOf(gather(snapshot)).slots).toEqual(moment)
      // Once more, since it may be read again.
      expect(viewOf(gather(snapshot)).slots).toEqual(moment)
    }),
  )
})

test('the slots of a key stand together', () => {
  const [a, b] = ['a', 'b'].map((replica) => new DistributedKeyCounter({ replica }))
  for (const key of ['x', 'y', 'z']) a!.increment(key)
  for (const key of ['z', 'x', 'w']) b!.increment(key)
  a!.merge(b!)
  const keys = [...a!.snapshot()].map(({ key }) => key)
  expect(keys.join('')).toBe('xxyzzw')
})

test('what nobody outside sees is not in it, also where it is revealed later', () => {
  const counter = new DistributedKeyCounter({ replica: 'a' })
  counter.increment('x')
  counter.writeAs({ writer: 'a.tag', epoch: 'a' })
  counter.increment('x')
  counter.increment('y')
  const snapshot = counter.snapshot()
  counter.reveal('a.tag')
  expect([...snapshot].map(({ replica, key }) => [replica, key])).toEqual([['a', 'x']])
})

test('requests that a store gave back out of order are in order', () => {
  const counter = new DistributedKeyCounter({ replica: 'a' })
  const slot = { first: 1, seq: 2, ops: 2, total: 2 }
  counter.restore({ kind: 'slot', replica: 'b', key: 'k', slot })
  for (const seq of [2, 1]) {
    const record = { hash: String.fromCharCode(seq).repeat(16), amount: 1, seq, ops: 1 }
    counter.restore({ kind: 'request', replica: 'b', first: 1, record })
  }
  const [found] = counter.snapshot()
  expect(found!.requests.map(({ seq }) => seq)).toEqual([1, 2])
})
