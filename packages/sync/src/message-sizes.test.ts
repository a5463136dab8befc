import { expect, it } from 'vitest'
import { MessageSizes } from './message-sizes.ts'

it('shrinks with each exchange that took too long, to a least, and grows again', () => {
  const sizes = new MessageSizes()
  const after = (what: 'tookLong' | 'wentWell', times: number): number[] =>
    Array.from({ length: times }, () => {
      sizes[what]('peer')
      return sizes.of('peer') / 1024
    })
  expect(sizes.of('peer')).toBe(48 * 1024)
  expect(after('tookLong', 3)).toEqual([12, 3, 3])
  expect(sizes.of('other')).toBe(48 * 1024)
  expect(after('wentWell', 5)).toEqual([6, 12, 24, 48, 48])
})
