import { expect, it } from 'vitest'
import { DescentGate } from './descent-gate.ts'
import { FakeClock } from './testing/fake-clock.ts'

const [A, B] = [
  { low: 1, high: 1 },
  { low: 2, high: 2 },
]

it('does not begin again what ended at the same roots, but for a scrub now and then', async () => {
  const clock = new FakeClock()
  const gate = new DescentGate(clock)
  expect(gate.mayBegin('peer', A, B)).toBe(true)
  gate.ended('peer', A, B)
  expect(gate.mayBegin('peer', A, B)).toBe(false)
  expect(gate.mayBegin('other', A, B)).toBe(true)
  expect(gate.mayBegin('peer', B, A)).toBe(true)
  await clock.advance(60_000)
  expect(gate.mayBegin('peer', A, B)).toBe(true)
})

it('begins again what was cut, and with a peer that came back', () => {
  const gate = new DescentGate(new FakeClock())
  expect(gate.mayBegin('peer', A, B)).toBe(true)
  expect(gate.mayBegin('peer', A, B)).toBe(true)
  gate.ended('peer', A, B)
  gate.forget('peer')
  expect(gate.mayBegin('peer', A, B)).toBe(true)
})
