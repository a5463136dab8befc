// The checker takes every history of an atomic counter, and none that a rule is broken in.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atomicHistories, smallHistories } from './atomic.ts'
import { check, whyNot } from './check.ts'
import { whyNotByDigits } from './digits.ts'
import { fromLines, operationsOf, toLines, type HistoryEvent } from './history.ts'
import { isLinearizableBySearch } from './search.ts'

type Step = readonly [
  process: number,
  type: HistoryEvent['type'],
  f: HistoryEvent['f'],
  value?: number | undefined,
]

/** Of one key, a unit of time between two steps. */
const historyOf = (...steps: readonly Step[]): HistoryEvent[] =>
  steps.map(([process, type, f, value], time) => ({
    process,
    type,
    f,
    key: 'k',
    value: value === undefined ? null : `${value}`,
    time,
  }))

const done = (process: number, f: 'inc' | 'read', value: number): Step[] => [
  [process, 'invoke', f, f === 'inc' ? value : undefined],
  [process, 'ok', f, value],
]

describe('it rejects', () => {
  test.each<[string, Step[], RegExp]>([
    ['a stale read', [...done(1, 'inc', 1), ...done(2, 'read', 0)], /misses the increment of 1/],
    [
      'a read that goes back',
      [[1, 'invoke', 'inc', 1], ...done(2, 'read', 1), ...done(3, 'read', 0), [1, 'ok', 'inc', 1]],
      /goes back/,
    ],
    [
      'a read that goes back, of an increment that nobody knows about',
      [[1, 'invoke', 'inc', 1], ...done(2, 'read', 1), ...done(3, 'read', 0)],
      /goes back/,
    ],
    [
      'two reads that each miss the increment that the other saw',
      [
        [1, 'invoke', 'inc', 1],
        [2, 'invoke', 'inc', 4],
        [3, 'invoke', 'read'],
        [4, 'invoke', 'read'],
        [3, 'ok', 'read', 1],
        [4, 'ok', 'read', 4],
      ],
      /each miss/,
    ],
    [
      'an acknowledged increment that is lost',
      [...done(1, 'inc', 1), ...done(1, 'inc', 4), ...done(2, 'read', 4)],
      /misses the increment of 1/,
    ],
    ['a doubled increment', [...done(1, 'inc', 4), ...done(2, 'read', 8)], /twice/],
    ['a trebled increment', [...done(1, 'inc', 4), ...done(2, 'read', 12)], /twice/],
    [
      'an increment that is seen before it was asked for',
      [...done(2, 'read', 1), ...done(1, 'inc', 1)],
      /began after it had ended/,
    ],
    ['what nobody added', [...done(1, 'inc', 1), ...done(2, 'read', 5)], /nobody added/],
    [
      'an increment that failed',
      [[1, 'invoke', 'inc', 1], [1, 'fail', 'inc', 1], ...done(2, 'read', 1)],
      /nobody added/,
    ],
    ['a value below zero', [...done(1, 'inc', 1), ...done(2, 'read', -1)], /below zero/],
    [
      'an increment without the one that was acknowledged before it',
      [[3, 'invoke', 'read'], ...done(1, 'inc', 1), [2, 'invoke', 'inc', 4], [3, 'ok', 'read', 4]],
      /misses the increment of 1 .* acknowledged before that began/,
    ],
  ])('%s', (_, steps, reason) => {
    const history = historyOf(...steps)
    expect(whyNot(history)).toMatch(reason)
    expect(isLinearizableBySearch(operationsOf(history).get('k')!)).toBe(false)
  })
})

describe('it takes', () => {
  test.each<[string, Step[]]>([
    ['nothing at all', []],
    ['a read of nothing', done(1, 'read', 0)],
    [
      'a read beside an increment that sees it or not',
      [[1, 'invoke', 'inc', 1], ...done(2, 'read', 0), ...done(2, 'read', 1), [1, 'ok', 'inc', 1]],
    ],
    [
      'an increment that takes effect long after its client gave up',
      [
        [1, 'invoke', 'inc', 1],
        [1, 'info', 'inc', 1],
        ...done(2, 'read', 0),
        ...done(2, 'inc', 4),
        ...done(2, 'read', 4),
        ...done(2, 'read', 5),
      ],
    ],
    [
      'an increment that was still under way at the end',
      [[1, 'invoke', 'inc', 1], ...done(2, 'read', 1)],
    ],
    ['a read that failed', [...done(1, 'inc', 1), [2, 'invoke', 'read'], [2, 'fail', 'read']]],
  ])('%s', (_, steps) => {
    expect(whyNot(historyOf(...steps))).toBeUndefined()
  })
})

/** As `history`, with the answers of reads changed. */
const withAnswers = (
  history: readonly HistoryEvent[],
  change: (read: bigint, event: HistoryEvent) => bigint,
): HistoryEvent[] =>
  history.map((event) =>
    event.f === 'read' && event.type === 'ok'
      ? { ...event, value: `${change(BigInt(event.value!), event)}` }
      : event,
  )

describe('with histories of an atomic counter', () => {
  test('it takes all of them', () => {
    fc.assert(fc.property(atomicHistories, (history) => whyNot(history) === undefined))
  })

  test('it tells what the search over all orders tells, whatever is read', () => {
    const few = atomicHistories.filter((history) => history.length <= 24)
    let rejected = 0
    fc.assert(
      fc.property(few, fc.array(fc.nat(), { minLength: 30, maxLength: 30 }), (history, noise) => {
        const bits = history.map(({ value }) => BigInt(value ?? 0))
        // Digits come and go.
        const changed = withAnswers(history, (value, event) => {
          const at = noise[event.process % noise.length]!
          return at % 3 === 0 ? value ^ (bits[at % bits.length]! & 0x5555n) : value
        })
        for (const operations of operationsOf(changed).values()) {
          const reason = whyNotByDigits(operations)
          if (reason !== undefined) rejected++
          expect({ reason, found: isLinearizableBySearch(operations) }).toEqual({
            reason,
            found: reason === undefined,
          })
        }
      }),
      // Some 15 in a hundred are wrong.
      { numRuns: 1000 },
    )
    expect(rejected).toBeGreaterThan(50)
  })

  const perturbations = {
    'a read misses what was acknowledged before it': (history: HistoryEvent[], pick: number) =>
      perturb(history, pick, (increment, read) =>
        increment.returnedAt < read.invokedAt ? read.value & ~increment.amount : undefined,
      ),
    'a read shows what was asked for after it': (history: HistoryEvent[], pick: number) =>
      perturb(history, pick, (increment, read) =>
        increment.invokedAt > read.returnedAt ? read.value | increment.amount : undefined,
      ),
    'a read shows an increment twice': (history: HistoryEvent[], pick: number) =>
      perturb(history, pick, (increment, read) =>
        (read.value & increment.amount) !== 0n ? read.value + increment.amount : undefined,
      ),
  }

  test.each(Object.entries(perturbations))('it rejects it where %s', (_, change) => {
    let changed = 0
    fc.assert(
      fc.property(atomicHistories, fc.nat(), (history, pick) => {
        const broken = change(history, pick)
        if (broken === undefined) return
        changed++
        expect(whyNot(broken)).toBeDefined()
      }),
      { numRuns: 300 },
    )
    expect(changed).toBeGreaterThan(50)
  })

  test('it takes those with any amounts, by search', () => {
    fc.assert(fc.property(smallHistories, (history) => whyNot(history) === undefined))
  })

  test('written as lines and read again, they are the same', () => {
    fc.assert(
      fc.property(atomicHistories, (history) => {
        expect(fromLines(toLines(history))).toEqual(history)
      }),
    )
  })
})

/** Changes one read, by an increment of its key for which `change` gives another answer. */
const perturb = (
  history: HistoryEvent[],
  pick: number,
  change: (
    increment: { amount: bigint; invokedAt: number; returnedAt: number },
    read: { value: bigint; invokedAt: number; returnedAt: number },
  ) => bigint | undefined,
): HistoryEvent[] | undefined => {
  const choices = [...operationsOf(history)].flatMap(([key, { increments, reads }]) =>
    reads.flatMap((read) =>
      increments.flatMap((increment) => {
        const value = change(increment, read)
        return value === undefined ? [] : [{ key, process: read.process, value }]
      }),
    ),
  )
  if (choices.length === 0) return undefined
  const { process, value } = choices[pick % choices.length]!
  return withAnswers(history, (before, event) => (event.process === process ? value : before))
}

test('keys are checked apart, and the bad one is named', () => {
  const good = historyOf(...done(1, 'inc', 1), ...done(1, 'read', 1))
  const bad = historyOf(...done(2, 'inc', 1), ...done(2, 'read', 0)).map((event) => ({
    ...event,
    key: 'bad',
  }))
  expect(check([...good, ...bad]).map(({ key, outcome }) => [key, outcome])).toEqual([
    ['k', 'linearizable'],
    ['bad', 'not-linearizable'],
  ])
  expect(whyNot([...good, ...bad])).toMatch(/^bad: the read of 0 by 2 \(2 to 3\) misses/)
})

test('too many increments of one amount are told to be too many', () => {
  const steps: Step[] = []
  for (let i = 0; i < 40; i++) steps.push([i, 'invoke', 'inc', 3])
  steps.push(...done(99, 'read', 2))
  expect(check(historyOf(...steps))[0]!.outcome).toBe('unknown')
})

test('what is no history is refused', () => {
  expect(() => fromLines('{"process":1}\n')).toThrow('line 1')
  expect(() => fromLines('{}\n[')).toThrow('line 1')
  expect(() => operationsOf(historyOf([1, 'ok', 'read', 1]))).toThrow('did not ask')
  expect(() => operationsOf(historyOf([1, 'invoke', 'read'], [1, 'invoke', 'read']))).toThrow(
    'two things at once',
  )
  expect(() => operationsOf(historyOf([1, 'invoke', 'inc'], [1, 'ok', 'inc']))).toThrow(
    'whole number',
  )
})
