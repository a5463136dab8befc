import { expect, it } from 'vitest'
import { ClockOffset } from './clock-offset.ts'

it('is what the answer shows, less half of the way', () => {
  const offset = new ClockOffset()
  offset.add(1000, 6025, 50)
  expect(offset.ms).toBe(5000)
})

it('goes by the shortest round trip', () => {
  const offset = new ClockOffset()
  offset.add(1000, 6400, 500)
  offset.add(2000, 7010, 20)
  offset.add(3000, 8300, 300)
  expect(offset.ms).toBe(5000)
})

it('follows a clock that was set right at once, and one that runs fast soon', () => {
  const offset = new ClockOffset()
  offset.add(1000, 61_005, 10)
  offset.add(2000, 2015, 30)
  expect(offset.ms).toBe(0)
  for (let i = 0; i < 8; i++) offset.add(3000, 3018, 32)
  expect(offset.ms).toBe(2)
})
