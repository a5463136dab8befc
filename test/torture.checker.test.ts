// The judge of `pnpm torture` must tell what it is there for: readings that are wrong, each by its name.
import { expect, test } from 'vitest'
import { problemOf } from './torture/checker.ts'
import { DIGITS, digitsIn, unitOf } from './torture/digits.ts'
import { hasCounted, type Increment, Ledger } from './torture/ledger.ts'
import { Shown } from './torture/shown.ts'

/** Six increments of one key, each acknowledged, unanswered or refused as its letter says. */
const ledgerOf = (outcomes: string): { ledger: Ledger; sent: Increment[] } => {
  const ledger = new Ledger()
  const sent = Array.from(outcomes, (outcome) => {
    const increment = ledger.take(1, undefined)
    if (outcome === 'a') ledger.acknowledge(increment)
    if (outcome === 'u') ledger.giveUp([increment])
    if (outcome === 'r') ledger.refuse(increment)
    return increment
  })
  return { ledger, sent }
}

/** How often each of the increments counted, the first one first. */
const valueOf = (counts: string): bigint =>
  Array.from(counts).reduce((sum, count, digit) => sum - BigInt(count) * unitOf(digit), 0n)

const opsOf = (counts: string): number =>
  Array.from(counts).reduce((sum, count) => sum + Number(count), 0)

/** What is said of a key whose six increments counted this often. */
const verdictOn = (counts: string): string | undefined => {
  const { counter } = ledgerOf('auauar').sent[0]!
  return problemOf(counter, { value: valueOf(counts), ops: opsOf(counts) }, counter.must)
}

test.for(['101010', '111010', '101110', '111110'])('%s may be', (counts) => {
  expect(verdictOn(counts)).toBeUndefined()
})

test.for([
  ['100010', /^lost: 4\^2 \(acknowledged\)$/],
  ['000000', /^lost: 4\^0 .*, 4\^2 .*, 4\^4 /],
  ['102010', /^counted more than once: 4\^2 /],
  ['101012', /^counted more than once: 4\^5 /],
  ['101011', /^counted, and must not be: 4\^5 \(refused\)$/],
  ['1010101', /^counted, and must not be: 4\^6 \(nobody sent it\)$/],
  // The number of increments alone would not tell.
  ['021010', /^counted more than once: 4\^1 /],
] as const)('%s may not be', ([counts, problem]) => {
  expect(verdictOn(counts)).toMatch(problem)
})

test('the wrong sign and the wrong number of increments show', () => {
  const { counter } = ledgerOf('aa').sent[0]!
  const value = valueOf('11')
  expect(problemOf(counter, { value, ops: 2 }, counter.must)).toBeUndefined()
  expect(problemOf(counter, { value, ops: 3 }, counter.must)).toMatch(/^ops is 3/)
  expect(problemOf(counter, { value: -value, ops: 2 }, counter.must)).toMatch(/wrong sign/)
})

test('a peer may not forget what it showed, though nobody was told that it counted', () => {
  const { counter } = ledgerOf('uu').sent[0]!
  const shown = new Shown('peer 1')
  shown.take(counter, { value: valueOf('01'), ops: 1 }, shown.of(counter))
  shown.take(counter, { value: valueOf('11'), ops: 2 }, shown.of(counter))
  expect(() => shown.take(counter, { value: valueOf('01'), ops: 1 }, shown.of(counter))).toThrow(
    /^peer 1, key "a\/b\?c#d%e f 0": lost: 4\^0 \(unanswered\)$/,
  )
})

test('what is settled stays as it is', () => {
  const { ledger, sent } = ledgerOf('auu')
  const { counter } = sent[0]!
  ledger.settle(counter, unitOf(0) | unitOf(2))
  expect(sent.map(hasCounted)).toEqual([true, false, true])
  const late = { value: valueOf('111'), ops: 3 }
  expect(problemOf(counter, late, counter.must)).toMatch(/must not be: 4\^1/)
  const gone = { value: valueOf('100'), ops: 1 }
  expect(problemOf(counter, gone, counter.must)).toMatch(/lost: 4\^2/)
})

test('half of a batch shows', () => {
  const ledger = new Ledger()
  const batches = [0, 1].map(() => [ledger.take(0, undefined), ledger.take(1, undefined)])
  for (const batch of batches) ledger.giveUp(batch)
  ledger.settle(ledger.choose(0), unitOf(1))
  ledger.settle(ledger.choose(1), 0n)
  expect(ledger.tornBatch()).toBe(batches[1])
  expect(ledger.tornBatch()).toBeUndefined()
})

test('a key that is full is followed by another, and its last digit still fits twice', () => {
  const ledger = new Ledger()
  const full = ledger.choose(0)
  for (let i = 0; i < DIGITS; i++) expect(ledger.take(0, undefined).counter).toBe(full)
  expect(ledger.take(0, undefined)).toMatchObject({ digit: 0, counter: { key: 'apples 1' } })
  expect(2n * full.may).toBeLessThan(2n ** 1024n)
  expect(digitsIn(full.may)).toHaveLength(DIGITS)
})
