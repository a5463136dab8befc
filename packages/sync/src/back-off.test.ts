import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backOffMs } from './back-off.ts'

const BACK_OFF = { firstMs: 500, longestMs: 10_000 }

test('stays between half the first wait and the longest', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const ms = backOffMs(BACK_OFF, failures, () => random)
      expect(ms).toBeGreaterThanOrEqual(BACK_OFF.firstMs / 2)
      expect(ms).toBeLessThanOrEqual(BACK_OFF.longestMs)
    }),
  )
})

test('doubles with every failure, up to the longest', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 2000].map((failures) =>
    backOffMs(BACK_OFF, failures, () => 1),
  )
  expect(waits).toEqual([500, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
})
