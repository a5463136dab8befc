// Who may vote when.
import { expect, test } from 'vitest'
import { Voting } from './voting.ts'

const FIVE = ['a', 'b', 'c', 'd', 'e']

test('a member votes once its id is proven', () => {
  const voting = new Voting(FIVE, 'a')
  expect(voting.mayVote).toBe(false)
  voting.proven()
  expect(voting.mayVote).toBe(true)
})

test('one that went back votes after exchanges with as many others as make a majority', () => {
  let told = 0
  const voting = new Voting(FIVE, 'a', () => told++)
  voting.wentBack()
  voting.proven()
  // Itself, strangers, and the same one again do not count.
  for (const peer of ['a', 'x', 'b', 'b']) voting.exchanged(peer)
  voting.exchanged('c')
  expect(voting.mayVote).toBe(false)
  voting.exchanged('d')
  expect(voting.mayVote).toBe(true)
  voting.exchanged('e')
  expect(told).toBe(1)
})

test('going back again begins it anew', () => {
  const voting = new Voting(['a', 'b', 'c'], 'a')
  voting.proven()
  voting.wentBack()
  voting.exchanged('b')
  voting.wentBack()
  voting.exchanged('c')
  expect(voting.mayVote).toBe(false)
  voting.exchanged('b')
  expect(voting.mayVote).toBe(true)
})

test.each([
  ['of two', ['a', 'b'], 1],
  ['of three', ['a', 'b', 'c'], 2],
  ['of four', ['a', 'b', 'c', 'd'], 3],
] as const)('%s it takes all others', (_, members, needed) => {
  const voting = new Voting(members, 'a')
  voting.proven()
  voting.wentBack()
  const others = members.slice(1)
  others.forEach((other, i) => {
    voting.exchanged(other)
    expect(voting.mayVote).toBe(i + 1 === needed)
  })
})

test('the only member has nobody to wait for', () => {
  const voting = new Voting(['a'], 'a')
  voting.proven()
  voting.wentBack()
  expect(voting.mayVote).toBe(true)
})
