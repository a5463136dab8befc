// Exact integers: what bigint says, in canonical form.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkAmount } from './arguments.ts'
import { add, negate, subtract, toInteger, type Integer } from './integer.ts'

const integer: fc.Arbitrary<Integer> = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1, -1, 2 ** 53 - 1, 1 - 2 ** 53),
  fc.bigInt().map(toInteger),
)

const expectExact = (actual: Integer, expected: bigint): void => {
  expect(BigInt(actual)).toBe(expected)
  expect(typeof actual).toBe(Number.isSafeInteger(Number(expected)) ? 'number' : 'bigint')
  expect(Object.is(actual, -0)).toBe(false)
}

it('adds, subtracts and negates exactly', () => {
  fc.assert(
    fc.property(integer, integer, (a, b) => {
      expectExact(add(a, b), BigInt(a) + BigInt(b))
      expectExact(subtract(a, b), BigInt(a) - BigInt(b))
      expectExact(negate(a), -BigInt(a))
      expectExact(add(a, negate(a)), 0n)
    }),
    { numRuns: 2000 },
  )
})

it('takes amounts in one form, and no -0', () => {
  expectExact(checkAmount(-0), 0n)
  expectExact(checkAmount(5n), 5n)
  expectExact(checkAmount(-(2n ** 60n)), -(2n ** 60n))
})
