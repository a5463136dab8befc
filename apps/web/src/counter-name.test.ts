import { expect, test } from 'vitest'
import { parseBoard, parseName } from './counter-name.ts'

test.each(['apples', '__proto__', 'a/b c', '🍎', 'x'.repeat(512), '🍎'.repeat(128)])(
  '%j is a name',
  (name) => expect(parseName(name)).toEqual({ key: name }),
)

test('spaces around a name are typed by accident', () => {
  expect(parseName('  front door ')).toEqual({ key: 'front door' })
})

test.each([
  ['', 'Give the counter a name'],
  ['   ', 'Give the counter a name'],
  ['x'.repeat(513), '513 bytes'],
  ['🍎'.repeat(129), '516 bytes'],
  ['\ud83c', 'half of a character'],
])('%j is refused in words', (typed, words) => {
  expect(parseName(typed).problem).toContain(words)
})

test('on a board, its name takes a part of the length', () => {
  expect(parseName(' door ', 'lobby')).toEqual({ key: 'lobby/door' })
  expect(parseName('x'.repeat(506), 'lobby')).toEqual({ key: `lobby/${'x'.repeat(506)}` })
  expect(parseName('x'.repeat(507), 'lobby').problem).toContain('506 is the most')
})

test.each(['lobby', ' lobby ', 'lobby/'])('%j is the board “lobby”', (typed) => {
  expect(parseBoard(typed)).toEqual({ board: 'lobby' })
})

test.each([
  ['', 'Give the board a name'],
  ['a/b', '“a”'],
  ['/b', 'no slash'],
  ['x'.repeat(257), '257 bytes'],
  ['\ud83c', 'half of a character'],
])('%j is no board, and that is said in words', (typed, words) => {
  expect(parseBoard(typed).problem).toContain(words)
})
