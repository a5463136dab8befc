import { expect, test } from 'vitest'
import { half, Layout } from './layout.ts'
import type { Picture } from './picture.ts'

const picture = (others: readonly string[]): Picture => ({
  nodes: [
    { id: 'self', kind: 'this', label: '', isGone: false },
    ...others.map((id) => ({ id, kind: 'node', label: '', isGone: false }) as const),
  ],
  links: others.map((to) => ({
    from: 'self',
    to,
    state: 'in step',
    lag: 0,
    roundTripMs: null,
    isOwn: true,
    via: undefined,
  })),
})

test('all are inside the picture, and apart from each other', () => {
  const others = ['a', 'b', 'c', 'd', 'e']
  const layout = new Layout(true, () => {})
  layout.update(picture(others))
  const spots = ['self', ...others].map((id) => layout.spot(id))
  for (const [at, one] of spots.entries()) {
    expect(Math.abs(one.x)).toBeLessThan(half.width)
    expect(Math.abs(one.y)).toBeLessThan(half.height)
    for (const other of spots.slice(at + 1))
      expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(60)
  }
})

test('the same nodes and links stay where they are', () => {
  let moves = 0
  const layout = new Layout(true, () => moves++)
  layout.update(picture(['a', 'b']))
  const before = layout.spot('a')
  layout.update(picture(['a', 'b']))
  expect(layout.spot('a')).toEqual(before)
  expect(moves).toBe(1)
})
