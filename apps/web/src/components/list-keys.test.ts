// @vitest-environment node
import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', { hash: '' })
const { landing, stepOf } = await import('./list-keys.ts')

test('arrows move by one, or by a row', () => {
  const step = (key: string): number | undefined => stepOf(key, 3, false)
  expect(['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'a'].map(step)).toEqual([
    1,
    -1,
    3,
    -3,
    undefined,
  ])
})

test('in a field, left and right are for the caret', () => {
  expect(stepOf('ArrowLeft', 3, true)).toBeUndefined()
  expect(stepOf('Home', 3, true)).toBeUndefined()
  expect(stepOf('ArrowDown', 3, true)).toBe(3)
})

test('a step that would leave the list does not move', () => {
  expect(landing(0, -1, 10)).toBeUndefined()
  expect(landing(9, 3, 10)).toBeUndefined()
  expect(landing(4, 3, 10)).toBe(7)
  expect(landing(4, Infinity, 10)).toBe(9)
  expect(landing(4, -Infinity, 10)).toBe(0)
})
