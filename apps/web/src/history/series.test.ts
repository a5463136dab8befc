import fc from 'fast-check'
import { expect, test } from 'vitest'
import { append, maxPoints, toPlotted } from './series.ts'

test('points of one moment are one point, with the last value', () => {
  const series = append(
    [],
    [
      { at: 1_000, value: 0 },
      { at: 2_000, value: 1 },
      { at: 2_050, value: 2 },
      { at: 2_100, value: 3 },
      { at: 3_000, value: 4 },
    ],
  )
  expect(series).toEqual([
    { at: 1_000, value: 0 },
    { at: 2_000, value: 3 },
    { at: 3_000, value: 4 },
  ])
})

test('however much is seen, it stays small, in order, and keeps its first and last points', () => {
  const gaps = fc.array(fc.integer({ min: -5_000, max: 100_000 }), {
    minLength: 1,
    maxLength: 2_000,
  })
  fc.assert(
    fc.property(gaps, (all) => {
      let at = 1_700_000_000_000
      let series = append([], [])
      for (const [index, gap] of all.entries()) {
        at += gap
        series = append(series, [{ at, value: index }])
      }
      expect(series.length).toBeLessThanOrEqual(maxPoints)
      expect(series.at(-1)?.value).toBe(all.length - 1)
      expect(series[0]?.at).toBe(1_700_000_000_000 + all[0]!)
      const times = series.map((point) => point.at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(new Set(times).size).toBe(times.length)
    }),
    { numRuns: 30 },
  )
})

test('what is recent stays as fine as it was seen', () => {
  const points = Array.from({ length: 5_000 }, (_, index) => ({ at: index * 1_000, value: index }))
  const series = append([], points)
  const recent = points.slice(-100)
  expect(series.slice(-100)).toEqual(recent)
})

test('a value of 1,024 bits can be drawn', () => {
  expect(toPlotted(2n ** 1024n - 1n)).toBe(Number.MAX_VALUE)
  expect(toPlotted(-7n)).toBe(-7)
})
