import { expect, test } from 'vitest'
import { drawHottest, Hottest } from './hottest.ts'

const size = { columns: 60, rows: 8 }

test('a steady rate is told as it is, and fades once it ends', () => {
  let now = 0
  const hottest = new Hottest(() => now)
  for (let ops = 1; ops <= 1000; ops++) {
    now += 100
    hottest.add({ key: 'a', value: `${ops}`, ops })
  }
  expect(hottest.top(1)[0]!.rate).toBeCloseTo(10, 0)
  now += 20_000
  expect(hottest.top(1)[0]!.rate).toBeLessThan(2)
})

test('events that tell of many increments count them all', () => {
  let now = 0
  const hottest = new Hottest(() => now)
  for (let at = 1; at <= 100; at++) {
    now += 1000
    hottest.add({ key: 'a', value: '0', ops: at * 50 })
  }
  expect(hottest.top(1)[0]!.rate).toBeGreaterThan(45)
  expect(hottest.top(1)[0]!.rate).toBeLessThan(56)
})

test('draws no more than fits, keys that act on a terminal included', () => {
  const hottest = new Hottest(() => 0)
  for (let at = 0; at < 100; at++)
    hottest.add({ key: `\u001b[2J${'k'.repeat(500)}${at}`, value: '1', ops: 1 })
  const lines = drawHottest(hottest, { title: 'watching', forMs: 5000 }, size)
  expect(lines.length).toBeLessThan(size.rows)
  for (const line of lines) {
    expect(line.length).toBeLessThanOrEqual(size.columns)
    expect(line).not.toMatch(/\p{Cc}/u)
  }
})

test('before anything changes, says so', () => {
  expect(drawHottest(new Hottest(() => 0), { title: 't', forMs: 0 }, size).join()).toContain(
    'nothing has changed yet',
  )
})
