import { expect, test } from 'vitest'
import { SentMark } from './sent-mark.ts'

const peer = (lastExchangeMs: number | null, holds: number | null) => ({
  peer: 'p',
  lastExchangeMs,
  holds,
})

test('all is unsent until an exchange has shown otherwise', () => {
  const mark = new SentMark(0, () => {})
  expect(mark.observe({ seq: 3, peers: [] })).toBe(3)
  expect(mark.observe({ seq: 3, peers: [peer(null, null)] })).toBe(3)
})

test('what a peer was seen to hold is sent, and stays so when it leaves', () => {
  const kept: number[] = []
  const mark = new SentMark(0, (sent) => kept.push(sent))
  expect(mark.observe({ seq: 4, peers: [peer(100, 3)] })).toBe(1)
  expect(mark.observe({ seq: 4, peers: [peer(200, 4)] })).toBe(0)
  expect(mark.observe({ seq: 5, peers: [] })).toBe(1)
  expect(kept).toEqual([3, 4])
})

test('what was sent before a reload stays sent', () => {
  expect(new SentMark(5, () => {}).observe({ seq: 7, peers: [] })).toBe(2)
})

test('under another id, what was told of the one before counts no more', () => {
  const mark = new SentMark(0, () => {})
  mark.observe({ seq: 9, peers: [peer(100, 9)] })
  mark.restart([peer(100, 9)])
  expect(mark.observe({ seq: 1, peers: [peer(100, 9)] })).toBe(1)
  expect(mark.observe({ seq: 1, peers: [peer(200, 1)] })).toBe(0)
})
