import { expect, it } from 'vitest'
import { ClosedIntervals, MAX_CLOSED_INTERVALS } from './closed-intervals.ts'

const none = new Map<string, number>()
const at = (seq: number): Map<string, number> => new Map([['r', seq]])

it('makes one of those that meet, and keeps those of others apart', () => {
  const closed = new ClosedIntervals()
  closed.add('r', 10, 20)
  closed.add('r', 30, 40)
  closed.add('s', 20, 30)
  expect(closed.above(none)).toHaveLength(3)
  closed.add('r', 20, 30)
  expect(closed.above(none)).toEqual([
    { replica: 's', from: 20, to: 30 },
    { replica: 'r', from: 10, to: 40 },
  ])
})

it('takes nothing for an interval that is empty', () => {
  const closed = new ClosedIntervals()
  closed.add('r', 10, 10)
  closed.add('r', 11, 10)
  expect(closed.above(none)).toEqual([])
})

it('moves a version vector on that has reached one, and only then', () => {
  const closed = new ClosedIntervals()
  closed.add('r', 10, 20)
  expect(closed.reached(at(9))).toEqual([])
  expect(closed.reached(at(10))).toEqual([{ replica: 'r', from: 10, to: 20, units: [] }])
  expect(closed.reached(at(10))).toEqual([])
})

it('forgets what a version vector has passed', () => {
  const closed = new ClosedIntervals()
  closed.add('r', 10, 20)
  expect(closed.reached(at(20))).toEqual([])
  expect(closed.above(none)).toEqual([])
})

it('is bounded, whatever peers make up', () => {
  const closed = new ClosedIntervals()
  for (let i = 0; i < 1000; i++) closed.add(`r${i}`, 1, 2)
  expect(closed.above(none)).toHaveLength(MAX_CLOSED_INTERVALS)
  expect(closed.above(none).at(-1)?.replica).toBe('r999')
})
