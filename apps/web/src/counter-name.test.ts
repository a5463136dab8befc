import { expect, test } from 'vitest'
import { parseName } from './counter-name.ts'

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
