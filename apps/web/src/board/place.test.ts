import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boardOf } from './key.ts'
import { boardLink, detailLink, readPlace } from './place.ts'

test.each([
  ['', '', undefined],
  ['#', '', undefined],
  ['#lobby', 'lobby', undefined],
  ['#lobby/', 'lobby', undefined],
  ['#lobby/front%20door', 'lobby', 'lobby/front door'],
  ['#lobby/doors/north', 'lobby', 'lobby/doors/north'],
  ['#/apples', '', 'apples'],
  ['#100%', '100%', undefined],
  ['#%20lobby', ' lobby', undefined],
])('%j is board %j, detail %j', (fragment, board, detail) => {
  expect(readPlace(fragment)).toEqual({ board, detail })
})

test('every board and every counter has a link that leads back to it', () => {
  const words = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed())
  fc.assert(
    fc.property(words, words, (first, second) => {
      const board = first.replaceAll('/', '-')
      expect(readPlace(boardLink(board))).toEqual({ board, detail: undefined })
      for (const key of [`${board}/${second}`, second]) {
        expect(readPlace(detailLink(key))).toEqual({ board: boardOf(key), detail: key })
      }
    }),
  )
})
