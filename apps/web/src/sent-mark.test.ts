import { expect, test } from 'vitest'
import { SentMark } from './sent-mark.ts'

const peer = (lastExchangeMs: number | null, lag: number | null = 0) => ({
  peer: 'p',
  lastExchangeMs,
  lag,
})

test('all is unsent until an exchange has shown otherwise', () => {
  const mark = new SentMark(0, () => {})
  expect(mark.observe({ seq: 3, peers: [] })).toBe(3)
  expect(mark.observe({ seq: 3, peers: [peer(null, null)] })).toBe(3)
})

test('an exchange covers what was there when the one before it ended', () => {
  const kept: number[] = []
  const mark = new SentMark(0, (sent) => kept.push(sent))
  expect(mark.observe({ seq: 3, peers: [peer(100, 3)] })).toBe(3)
  // One more increment, which may have come after the exchange had begun.
  expect(mark.observe({ seq: 4, peers: [peer(200)] })).toBe(1)
  expect(mark.observe({ seq: 4, peers: [peer(200)] })).toBe(1)
  expect(mark.observe({ seq: 4, peers: [peer(300)] })).toBe(0)
  expect(kept).toEqual([3, 4])
})

test('an exchange that found a lag proves nothing', () => {
  const mark = new SentMark(0, () => {})
  mark.observe({ seq: 3, peers: [peer(100, 3)] })
  expect(mark.observe({ seq: 3, peers: [peer(200, 1)] })).toBe(3)
})

test('what was sent before a reload stays sent', () => {
  expect(new SentMark(5, () => {}).observe({ seq: 7, peers: [] })).toBe(2)
})
