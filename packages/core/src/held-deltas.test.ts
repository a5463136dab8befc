// What is held is tried again with each delta that joins, and says nothing about that one.
import { expect, test } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'

test('a part of a transfer that joins is no gap because of a delta held before', () => {
  const [a, b] = ['a', 'b'].map((replica) => new DistributedKeyCounter({ replica }))
  for (const key of ['x', 'y', 'z']) a!.increment(key)
  const whole = a!.deltaSince('a', 0)
  expect([...b!.join([a!.deltaSince('a', 2)]).gaps]).toEqual(['a'])
  // As a transfer sends it: a part that claims nothing, then the rest.
  const part = { ...whole, to: 0, units: whole.units.slice(0, 1) }
  expect([...b!.join([part]).gaps]).toEqual([])
  const rest = { ...whole, to: 2, units: whole.units.slice(1, 2) }
  expect([...b!.join([rest]).gaps]).toEqual([])
  expect(b!.version.get('a')).toBe(3)
})

test('a gap within one call stays one until it closes', () => {
  const [a, b] = ['a', 'b'].map((replica) => new DistributedKeyCounter({ replica }))
  for (const key of ['x', 'y', 'z']) a!.increment(key)
  const [late, part] = [a!.deltaSince('a', 2), { ...a!.deltaSince('a', 0), to: 0 }]
  expect([...b!.join([late, part]).gaps]).toEqual(['a'])
  expect([...b!.join([late, a!.deltaSince('a', 0)]).gaps]).toEqual([])
})
