import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from './body.ts'

const parse = (text: string): unknown => parseJson(new TextEncoder().encode(text))

test('gives what JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value)
      fc.pre(!/\d[.eE]/.test(text))
      expect(parse(text)).toEqual(JSON.parse(text))
    }),
  )
})

test.each(['1e2', '1.0', '-10e-1', '0e-9', '120.500e1'])(
  'takes %s for the integer it is',
  (text) => {
    expect(parse(text)).toBe(Number(text))
  },
)

test('leaves a fraction to the schema, which says where it was', () => {
  expect(parse('{"value":1.5}')).toEqual({ value: 1.5 })
})

test.each(['1.00000000000000000001', '1e-400', '9007199254740991.4'])(
  'refuses %s, which rounds to an integer that it is not',
  (text) => {
    expect(() => parse(`{"value":${text}}`)).toThrow(text)
  },
)

test.each([
  ['', /empty/],
  ['{"value": NaN}', /JSON object such as/],
  ['{', /JSON object such as/],
  ["{'value': 1}", /JSON object such as/],
])('refuses %j in plain words', (text, words) => {
  expect(() => parse(text)).toThrow(words)
})

test('refuses bytes that are not UTF-8', () => {
  expect(() => parseJson(new Uint8Array([0x22, 0xff, 0x22]))).toThrow(/UTF-8/)
})

test('keeps __proto__ a plain field', () => {
  const parsed = parse('{"__proto__":{"polluted":1}}') as object
  expect(Object.keys(parsed)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})
