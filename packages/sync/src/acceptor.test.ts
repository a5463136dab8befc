// What a member accepts, and what it turns down.
import { MemoryStore } from '@tallymesh/storage'
import type { DistributedKeyCounter } from '@tallymesh/core'
import { beforeEach, expect, test } from 'vitest'
import { Acceptor } from './acceptor.ts'
import { unitOf, type NamedSlot, type Proposal } from './proposal.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { counterOf, journalOn, TAKES_ALL } from './testing/world.ts'

let counter: DistributedKeyCounter
let acceptor: Acceptor

beforeEach(async () => {
  const store = new MemoryStore()
  await store.open()
  counter = counterOf('me')
  acceptor = new Acceptor({
    counter,
    journal: journalOn(counter, store),
    members: ['me', 'b', 'c'],
    intake: TAKES_ALL,
    clock: new FakeClock(),
  })
})

const named = (slots: Readonly<Record<string, number>>): NamedSlot[] =>
  Object.entries(slots).map(([replica, seq]) => ({ replica, seq }))

const agree = (slots: Readonly<Record<string, number>>): Proposal => ({
  mode: 'agree',
  key: 'k',
  slots: named(slots),
})

const hold = (slots: Readonly<Record<string, number>>): Proposal => ({
  ...agree(slots),
  mode: 'hold',
})

/** Another's slot, with so many increments. */
const slotOf = (replica: string, ops: number): NamedSlot => {
  const other = counterOf(replica)
  for (let i = 0; i < ops; i++) other.increment('k', 1)
  return { replica, seq: ops, unit: unitOf(other, replica, 'k', 0) }
}

/** It comes by gossip. */
const hear = (replica: string, ops: number): void => {
  const other = counterOf(replica)
  for (let i = 0; i < ops; i++) other.increment('k', 1)
  counter.merge(other)
}

test('nothing is accepted of what it does not hold; and it says what it lacks', () => {
  hear('b', 1)
  expect(acceptor.judge(agree({ b: 2, c: 1 }))).toEqual({
    isAccepted: false,
    lacks: [0, 1],
    more: [],
  })
})

test('what a proposal brings is joined before it is judged', async () => {
  const proposal: Proposal = { mode: 'agree', key: 'k', slots: [slotOf('b', 2)] }
  await acceptor.join('b', [proposal])
  expect(acceptor.judge(proposal)).toEqual({ isAccepted: true, lacks: [], more: [] })
  expect(counter.getValue('k')).toBe(2n)
})

test('others’ slots are not taken from those who are no members', async () => {
  const proposal: Proposal = {
    mode: 'spread-quorum',
    key: 'k',
    slots: [slotOf('b', 2), slotOf('d', 1)],
  }
  await acceptor.join('d', [proposal])
  expect(acceptor.lacks(proposal)).toEqual([0])
})

test('what it holds beyond a proposal is told, and is no reason to turn it down', () => {
  acceptor.judge(agree({}))
  hear('b', 3)
  const answer = acceptor.judge(agree({}))
  expect(answer).toMatchObject({ isAccepted: true, more: [{ replica: 'b', seq: 3 }] })
  expect(answer.more[0]!.unit).toMatchObject({ seq: 3, total: 3 })
})

test('what it has accepted beyond a proposal is', () => {
  acceptor.judge(agree({}))
  hear('b', 3)
  hear('c', 1)
  expect(acceptor.judge(agree({ b: 3 })).isAccepted).toBe(true)
  expect(acceptor.judge(agree({ c: 1 })).isAccepted).toBe(false)
  expect(acceptor.judge(agree({ b: 2, c: 1 })).isAccepted).toBe(false)
  expect(acceptor.judge(agree({ b: 3, c: 1 })).isAccepted).toBe(true)
})

test('what it was asked to hold counts as accepted, though more of it is accepted already', () => {
  acceptor.judge(agree({}))
  hear('b', 3)
  hear('c', 1)
  acceptor.judge(agree({ b: 3 }))
  expect(acceptor.judge(hold({ c: 1 }))).toEqual({ isAccepted: true, lacks: [], more: [] })
  expect(acceptor.judge(agree({ b: 3 })).isAccepted).toBe(false)
  expect(acceptor.judge(agree({ b: 3, c: 1 })).isAccepted).toBe(true)
})

test('after a start, all that it holds counts as accepted', () => {
  hear('b', 3)
  expect(acceptor.judge(agree({})).isAccepted).toBe(false)
  expect(acceptor.judge(agree({ b: 3 })).isAccepted).toBe(true)
})

test('so it does when it has caught up after it went back', () => {
  acceptor.judge(agree({}))
  hear('b', 3)
  acceptor.forget()
  expect(acceptor.judge(agree({})).isAccepted).toBe(false)
})

test('reads that are turned down are counted, until one is accepted', () => {
  hear('b', 1)
  for (let i = 0; i < 3; i++) acceptor.judge(agree({}))
  expect(acceptor.refusals('k')).toBe(3)
  acceptor.judge(agree({ b: 1 }))
  expect(acceptor.refusals('k')).toBe(0)
})
