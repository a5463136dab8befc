import { expect, test } from 'vitest'
import { summarize } from './summary.ts'

const now = Date.parse('2026-05-05T15:00:00')
const at = (time: string): number => Date.parse(`2026-05-05T${time}`)

test('tells where it began, where it is, and how far it went', () => {
  const series = [
    { at: at('14:02:00'), value: 12 },
    { at: at('14:10:00'), value: 1_250 },
    { at: at('14:30:00'), value: -18 },
  ]
  expect(summarize(series, now).replaceAll(/[.,](?=\d{3}\b)/g, '')).toMatch(
    /^From 12 to −18 since .*.*:02.*, between −18 and 1250, as this tab saw it\.$/,
  )
})

test('says so where there is nothing to tell', () => {
  expect(summarize([], now)).toContain('Nothing has moved')
  expect(summarize([{ at: now, value: 5 }], now)).toContain('Nothing has moved')
})

test('does not pretend to digits that a double lacks', () => {
  const series = [
    { at: at('14:02:00'), value: 0 },
    { at: at('14:03:00'), value: 1.5e300 },
  ]
  expect(summarize(series, now)).toContain('1.50e+300')
})
