import { expect, test } from 'vitest'
import { boardOf, keyOn, nameOf } from './key.ts'

test.each([
  ['lobby/door', 'lobby', 'door'],
  ['lobby/doors/north', 'lobby', 'doors/north'],
  ['a b/ü', 'a b', 'ü'],
  ['__proto__/x', '__proto__', 'x'],
  ['apples', '', 'apples'],
  ['/door', '', '/door'],
  ['lobby/', '', 'lobby/'],
  ['/', '', '/'],
])('%j is on board %j, and called %j there', (key, board, name) => {
  expect(boardOf(key)).toBe(board)
  expect(nameOf(key)).toBe(name)
  expect(keyOn(board, name)).toBe(key)
})
