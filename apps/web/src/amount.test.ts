import { describe, expect, test } from 'vitest'
import { formatInteger, formatSigned, parseAmount, shortenInteger } from './amount.ts'

describe('an amount as typed', () => {
  test.each([
    ['', 1n],
    ['  ', 1n],
    ['5', 5n],
    ['+5', 5n],
    ['-5', -5n],
    ['−5', -5n],
    ['0', 0n],
    ['-0', 0n],
    ['007', 7n],
    ['1 000', 1000n],
    ['1\u202f000', 1000n],
    ['9007199254740993', 9007199254740993n],
    [`${2n ** 1024n - 1n}`, 2n ** 1024n - 1n],
    [`-${2n ** 1024n - 1n}`, 1n - 2n ** 1024n],
  ])('%j is taken exactly', (typed, amount) => {
    expect(parseAmount(typed)).toEqual({ amount })
  })

  test.each([
    ['1.5', 'whole numbers'],
    ['1,5', 'whole numbers'],
    ['1,000', 'without dots or commas: 1000'],
    ['1.000.000', 'without dots or commas: 1000000'],
    ['1e3', 'all digits'],
    ['abc', 'not a whole number'],
    ['--5', 'not a whole number'],
    ['-', 'not a whole number'],
    ['0x10', 'not a whole number'],
    ['NaN', 'not a whole number'],
    [`${2n ** 1024n}`, 'more than a counter holds'],
    ['9'.repeat(100_000), 'more than a counter holds'],
  ])('%j is refused in words', (typed, words) => {
    const parsed = parseAmount(typed)
    expect(parsed.amount).toBeUndefined()
    expect(parsed.problem).toContain(words)
    expect(parsed.problem?.length).toBeLessThan(90)
  })
})

test('values keep every digit', () => {
  expect(formatInteger(-9007199254740993n).replaceAll(/\D/g, '')).toBe('9007199254740993')
  expect(formatInteger(-5n)).toBe('−5')
})

test('a change has its sign before it', () => {
  expect([5n, -5n, 0n].map(formatSigned)).toEqual(['+5', '−5', '0'])
})

test('a shortened value keeps both its ends', () => {
  expect(shortenInteger('123', 5)).toBe('123')
  expect(shortenInteger('123456789', 5)).toBe('12…89')
})
