import { expect, test } from 'vitest'
import { backOffMs, firstWaitMs, longestHiddenWaitMs, longestWaitMs } from './back-off.ts'

test('waits double up to a limit that depends on whether anybody looks', () => {
  const most = () => 1
  expect([1, 2, 3, 1000].map((failures) => backOffMs(failures, false, most))).toEqual([
    firstWaitMs,
    2 * firstWaitMs,
    4 * firstWaitMs,
    longestWaitMs,
  ])
  expect(backOffMs(1000, true, most)).toBe(longestHiddenWaitMs)
})

test('half of each wait is random', () => {
  expect(backOffMs(1, false, () => 0)).toBe(firstWaitMs / 2)
})
