import { expect, it } from 'vitest'
import { hashInput, hashOfInput, minus, plus, ZERO } from './murmur.ts'
import { hashText } from './slot-hash.ts'

const words = (text: string): string[] => {
  const { low, high } = hashText(text)
  return [low, high].map((word) => word.toString(16).padStart(8, '0'))
}

// Of MurmurHash3_x86_128 with seed 0, as the reference implementation gives them.
it.each([
  ['', ['00000000', '00000000']],
  ['The quick brown fox jumps over the lazy dog', ['2f1583c3', 'ecee2c67']],
])('gives the known hash of %j', (text, hash) => {
  expect(words(text)).toEqual(hash)
})

it('depends on no byte past the end', () => {
  for (let length = 0; length <= 64; length++) {
    hashInput.fill(7)
    const clean = hashOfInput(length)
    hashInput.fill(9, length)
    expect(hashOfInput(length)).toEqual(clean)
    hashInput.fill(7)
  }
})

it('tells lengths apart, of zeros too', () => {
  const seen = new Set<string>()
  for (let length = 0; length <= 100; length++) {
    hashInput.fill(0)
    const { low, high } = hashOfInput(length)
    seen.add(`${low}/${high}`)
  }
  expect(seen.size).toBe(101)
})

it('adds and takes away in each lane on its own', () => {
  const a = { low: 0xffffffff, high: 1 }
  const b = { low: 2, high: 0xffffffff }
  expect(plus(a, b)).toEqual({ low: 1, high: 0 })
  expect(minus(plus(a, b), b)).toEqual(a)
  expect(minus(a, a)).toEqual(ZERO)
})
