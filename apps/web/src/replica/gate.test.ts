import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

test('who waits for something behind a gate that is shut need not wait on', async () => {
  const gate = new Gate()
  const first = gate.untilShut
  expect(gate.isShut || first.aborted).toBe(false)
  await gate.shut()
  expect(gate.isShut && first.aborted && gate.untilShut.aborted).toBe(true)
  gate.open()
  expect(gate.isShut || gate.untilShut.aborted).toBe(false)
  // Opened twice, it is the same opening.
  const again = gate.untilShut
  gate.open()
  await gate.shut()
  expect(again.aborted).toBe(true)
})
