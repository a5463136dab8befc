import { expect, it } from 'vitest'
import { hashOfMembers } from './member-list.ts'

it('is the same for the same members, in any order and however often they are named', () => {
  expect(hashOfMembers(['a', 'b', 'c'])).toEqual(hashOfMembers(['c', 'a', 'b', 'a']))
})

it('is another for one more, one less, or another', () => {
  const lists = [[], ['a'], ['a', 'b'], ['a', 'c'], ['a', 'b', 'c']]
  expect(new Set(lists.map((list) => JSON.stringify(hashOfMembers(list)))).size).toBe(5)
})
