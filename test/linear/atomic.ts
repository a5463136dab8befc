// Histories of a counter that really is atomic: each call takes effect at one moment between its start and its end.
import fc from 'fast-check'
import { amountOf } from './digits.ts'
import type { HistoryEvent } from './history.ts'

/** One call, and what became of it. Times are whole, so that many are equal. */
interface Call {
  readonly f: 'inc' | 'read'
  readonly key: string
  readonly start: number
  readonly untilEffect: number
  readonly untilEnd: number
  /** `lost`: its answer was; `never`: nor did it take effect. */
  readonly outcome: 'ok' | 'fail' | 'lost' | 'never'
}

const call: fc.Arbitrary<Call> = fc.record({
  f: fc.constantFrom('inc', 'read'),
  key: fc.constantFrom('a', 'a', 'a', 'b'),
  start: fc.nat(100),
  untilEffect: fc.nat(20),
  untilEnd: fc.nat(20),
  outcome: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'fail', 'lost', 'never'),
})

/** @param amounts what the `n`th call adds, where it is an increment */
const historyOf = (calls: readonly Call[], amounts: (n: number) => bigint): HistoryEvent[] => {
  const values = new Map<string, bigint>()
  const read = new Map<number, bigint>()
  const effects = calls.map((one, process) => ({ ...one, process }))
  effects.sort((a, b) => a.start + a.untilEffect - (b.start + b.untilEffect))
  for (const { f, key, outcome, process } of effects) {
    const value = values.get(key) ?? 0n
    if (f === 'read') read.set(process, value)
    else if (outcome === 'ok' || outcome === 'lost') values.set(key, value + amounts(process))
  }
  return calls
    .flatMap(({ f, key, start, untilEffect, untilEnd, outcome }, process): HistoryEvent[] => {
      const asked = f === 'inc' ? `${amounts(process)}` : null
      const type = outcome === 'ok' ? 'ok' : outcome === 'fail' ? 'fail' : 'info'
      const told = f === 'read' && type === 'ok' ? `${read.get(process)}` : asked
      const end = start + untilEffect + untilEnd
      return [
        { process, type: 'invoke', f, key, value: asked, time: start },
        { process, type, f, key, value: told, time: end },
      ]
    })
    .sort((a, b) => a.time - b.time)
}

/** With a digit for each increment. */
export const atomicHistories: fc.Arbitrary<HistoryEvent[]> = fc
  .array(call, { maxLength: 60, size: 'max' })
  .map((calls) => historyOf(calls, amountOf))

/** Few calls, with amounts that repeat and cancel each other. */
export const smallHistories: fc.Arbitrary<HistoryEvent[]> = fc
  .tuple(
    fc.array(call, { maxLength: 9 }),
    fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 9, maxLength: 9 }),
  )
  .map(([calls, amounts]) => historyOf(calls, (n) => BigInt(amounts[n]!)))
