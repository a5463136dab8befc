// What a member accepts, and what it turns down.
import { MemoryStore } from '@tallymesh/storage'
import type { DistributedKeyCounter } from '@tallymesh/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { Acceptor } from './acceptor.ts'
import { unitOf, type Answer, type NamedSlot, type Proposal } from './proposal.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { counterOf, journalOn, TAKES_ALL } from './testing/world.ts'

let counter: DistributedKeyCounter
let acceptor: Acceptor
let clock: FakeClock
let mayVote = true

beforeEach(async () => {
  const store = new MemoryStore()
  await store.open()
  counter = counterOf('me')
  clock = new FakeClock()
  acceptor = new Acceptor({
    counter,
    journal: journalOn(counter, store),
    members: ['me', 'b', 'c'],
    intake: TAKES_ALL,
    clock,
    mayVote: () => mayVote,
  })
  mayVote = true
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

/** The answer that is given at once. */
const judge = (proposal: Proposal): Answer => {
  let told: Answer | undefined
  acceptor.judge('b', proposal, (answer) => {
    told = answer
  })
  return told!
}

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
  expect(judge(agree({ b: 2, c: 1 }))).toEqual({
    isAccepted: false,
    lacks: [
      { place: 0, held: 1 },
      { place: 1, held: 0 },
    ],
    more: [],
  })
})

test('what a proposal brings is joined before it is judged', async () => {
  const proposal: Proposal = { mode: 'agree', key: 'k', slots: [slotOf('b', 2)] }
  await acceptor.join('b', [proposal])
  expect(judge(proposal)).toEqual({ isAccepted: true, lacks: [], more: [] })
  expect(counter.getValue('k')).toBe(2n)
})

test('requests of which the earlier ones are not here are left out, and it says how far it has them', async () => {
  const other = counterOf('b')
  for (let i = 0; i < 5; i++) other.increment('k', 1, { requestId: `q${i}` })
  const part = (since: number): Proposal => ({
    mode: 'hold',
    key: 'k',
    slots: [{ replica: 'b', seq: 5, unit: unitOf(other, 'b', 'k', since) }],
  })
  hear('c', 1)
  await acceptor.join('b', [part(3)])
  expect(judge(part(3))).toMatchObject({ isAccepted: false, lacks: [{ place: 0, held: 0 }] })
  await acceptor.join('b', [part(0)])
  expect(judge(part(0)).isAccepted).toBe(true)
  expect(counter.requests('b', 'k').length).toBe(5)
})

test('others’ slots are not taken from those who are no members', async () => {
  const proposal: Proposal = {
    mode: 'spread-quorum',
    key: 'k',
    slots: [slotOf('b', 2), slotOf('d', 1)],
  }
  await acceptor.join('d', [proposal])
  expect(acceptor.lacks(proposal)).toEqual([{ place: 0, held: 0 }])
})

test('what it holds beyond a proposal is told, and is no reason to turn it down', () => {
  judge(agree({}))
  hear('b', 3)
  const answer = judge(agree({}))
  expect(answer).toMatchObject({ isAccepted: true, more: [{ replica: 'b', seq: 3 }] })
  expect(answer.more[0]!.unit).toMatchObject({ seq: 3, total: 3 })
})

test('what it has accepted beyond a proposal is', () => {
  judge(agree({}))
  hear('b', 3)
  hear('c', 1)
  expect(judge(agree({ b: 3 })).isAccepted).toBe(true)
  expect(judge(agree({ c: 1 })).isAccepted).toBe(false)
  expect(judge(agree({ b: 2, c: 1 })).isAccepted).toBe(false)
  expect(judge(agree({ b: 3, c: 1 })).isAccepted).toBe(true)
})

test('what it was asked to hold counts as accepted, though more of it is accepted already', () => {
  judge(agree({}))
  hear('b', 3)
  hear('c', 1)
  judge(agree({ b: 3 }))
  expect(judge(hold({ c: 1 }))).toEqual({ isAccepted: true, lacks: [], more: [] })
  expect(judge(agree({ b: 3 })).isAccepted).toBe(false)
  expect(judge(agree({ b: 3, c: 1 })).isAccepted).toBe(true)
})

test('after a start, all that it holds counts as accepted', () => {
  hear('b', 3)
  expect(judge(agree({})).isAccepted).toBe(false)
  expect(judge(agree({ b: 3 })).isAccepted).toBe(true)
})

test('so it does when it has caught up after it went back', () => {
  judge(agree({}))
  hear('b', 3)
  acceptor.forget()
  expect(judge(agree({})).isAccepted).toBe(false)
})

describe('a read that insists', () => {
  const insist = (slots: Readonly<Record<string, number>>): Proposal => ({
    ...agree(slots),
    mode: 'insist',
  })
  const over: Proposal = { mode: 'yield', key: 'k', slots: [] }

  /** Who was answered, in order: accepted or not. */
  const asked: string[] = []
  const ask = (peer: string, proposal: Proposal): void => {
    acceptor.heard(peer, [proposal])
    acceptor.judge(peer, proposal, (answer) => {
      asked.push(
        `${peer} ${proposal.mode} ${answer === undefined ? 'abstains' : answer.isAccepted}`,
      )
    })
  }
  const take = (): string[] => asked.splice(0)

  beforeEach(() => {
    take()
    hear('b', 1)
    hear('c', 1)
    judge(agree({ b: 1, c: 1 }))
  })

  test('is judged at once, and all else of its counter when it yields', () => {
    ask('b', insist({ b: 1 }))
    ask('c', hold({ c: 1 }))
    ask('c', agree({ b: 1, c: 1 }))
    ask('me', hold({}))
    ask('c', { ...hold({}), key: 'another' })
    expect(take()).toEqual(['b insist false', 'c hold true'])
    ask('b', insist({ b: 1, c: 1 }))
    expect(take()).toEqual(['b insist true'])
    ask('b', over)
    expect(take()).toEqual(['c hold true', 'c agree true', 'me hold true', 'b yield true'])
  })

  test('waits for one of a smaller peer id, though it came first', () => {
    ask('c', insist({ b: 1 }))
    ask('b', insist({ b: 1 }))
    ask('c', insist({ b: 1, c: 1 }))
    ask('me', hold({}))
    expect(take()).toEqual(['c insist false', 'b insist false'])
    ask('b', over)
    expect(take()).toEqual(['c insist true', 'b yield true'])
    ask('c', over)
    expect(take()).toEqual(['me hold true', 'c yield true'])
  })

  test('that has gone without a word keeps others waiting for a second', async () => {
    ask('b', insist({ b: 1 }))
    ask('me', hold({}))
    await clock.advance(900)
    ask('b', insist({ b: 1 }))
    await clock.advance(900)
    expect(take()).toEqual(['b insist false', 'b insist false'])
    await clock.advance(200)
    expect(take()).toEqual(['me hold true'])
  })

  test('whose end comes before the disk has taken what it brought holds nobody up', () => {
    acceptor.heard('b', [insist({ b: 1 })])
    acceptor.heard('b', [over])
    ask('me', hold({}))
    expect(take()).toEqual(['me hold true'])
  })

  test('nobody votes who may not any more when the turn comes', () => {
    ask('b', insist({ b: 1 }))
    ask('me', hold({}))
    mayVote = false
    ask('b', over)
    expect(take()).toEqual(['b insist false', 'me hold abstains', 'b yield abstains'])
  })
})
