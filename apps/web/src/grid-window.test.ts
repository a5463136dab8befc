import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cardPlace, gridWindow } from './grid-window.ts'

const phone = { width: 358, cardHeight: 140, leastCardWidth: 300, gap: 12 }
const desk = { ...phone, width: 1100 }

describe('the window of the list', () => {
  test('fits as many columns as there is room for', () => {
    expect(gridWindow(10, phone, { top: 0, height: 844 }).columns).toBe(1)
    expect(gridWindow(10, desk, { top: 0, height: 800 }).columns).toBe(3)
    expect(gridWindow(10, { ...phone, width: 200 }, { top: 0, height: 844 }).columns).toBe(1)
  })

  test('is empty where there is nothing', () => {
    expect(gridWindow(0, phone, { top: 0, height: 844 })).toMatchObject({
      height: 0,
      first: 0,
      end: 0,
    })
  })

  test('stays small however long the list', () => {
    const { first, end } = gridWindow(100_000, desk, { top: 1_000_000, height: 800 })
    expect(end - first).toBeLessThan(60)
  })

  test('holds every card that is in view', () => {
    const cases = fc.record({
      cards: fc.integer({ min: 1, max: 500 }),
      top: fc.integer({ min: -500, max: 100_000 }),
      height: fc.integer({ min: 0, max: 2_000 }),
      width: fc.integer({ min: 280, max: 2_000 }),
    })
    fc.assert(
      fc.property(cases, ({ cards, top, height, width }) => {
        const sizes = { ...phone, width }
        const window = gridWindow(cards, sizes, { top, height })
        const missing = Array.from({ length: cards }, (_, index) => index).filter((index) => {
          const place = cardPlace(index, window, sizes)
          const inView = place.top < top + height && place.top + sizes.cardHeight > top
          return inView && (index < window.first || index >= window.end)
        })
        expect(missing).toEqual([])
      }),
    )
  })
})
