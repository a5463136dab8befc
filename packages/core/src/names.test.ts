import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Names } from './names.ts'

const expectAll = (names: Names, texts: readonly string[]): void => {
  expect(names.texts).toEqual(texts)
  for (const [number, text] of texts.entries()) expect(names.find(text)).toBe(number)
}

it('finds every text by its number, and none that is not there', () => {
  const texts = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 6 }), { maxLength: 200 })
  fc.assert(
    fc.property(texts, texts, (some, others) => {
      const names = new Names()
      some.forEach((text, number) => expect(names.add(text)).toBe(number))
      expectAll(names, some)
      for (const text of others) expect(names.find(text)).toBe(some.indexOf(text))
    }),
  )
})

/** One step of FNV-1a. */
const step = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193)

/** Two texts of four units each that lead, with their even units, from one state of FNV-1a to another. */
const twins = (hash: number): { readonly texts: [string, string]; readonly hash: number } => {
  const met = new Map<number, number>()
  for (let unit = 0; ; unit++) {
    const next = step(hash, unit)
    const other = met.get(next >>> 16)
    met.set(next >>> 16, unit)
    if (other === undefined) continue
    // What differs fits into one more unit, which takes it back.
    const difference = (next ^ step(hash, other)) & 0xffff
    const texts = [[other, difference] as const, [unit, 0] as const]
    const [a, b] = texts.map(([one, two]) => String.fromCharCode(one, 0, two, 0))
    return { texts: [a!, b!], hash: step(next, 0) }
  }
}

it('finds texts that were chosen to share one hash, as it grows', () => {
  let shared = ['']
  for (let block = 0, hash = 0x811c9dc5 | 0; block < 9; block++) {
    const { texts, hash: after } = twins(hash)
    shared = shared.flatMap((text) => texts.map((more) => text + more))
    hash = after
  }
  const names = new Names()
  const texts = shared.flatMap((text, n) => [text, `other ${n}`])
  for (const [number, text] of texts.entries()) {
    expect(names.find(text)).toBe(-1)
    expect(names.add(text)).toBe(number)
  }
  expectAll(names, texts)
  expect(names.find(`${shared[0]!}!`)).toBe(-1)
})

it('finds texts that are asked for again and again, few or more than can be hot', () => {
  for (const count of [100, 40_000]) {
    const names = new Names()
    const texts = Array.from({ length: count }, (_, n) => `text ${n}`)
    for (const text of texts) names.add(text)
    for (let round = 0; round < 1_000_000 / count; round++) {
      const wrong = texts.filter((text, number) => names.find(text) !== number)
      expect(wrong).toEqual([])
      expect(names.find(`other ${round}`)).toBe(-1)
    }
  }
})
