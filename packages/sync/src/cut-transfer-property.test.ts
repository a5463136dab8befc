// Anything may be cut, anywhere, while anyone writes: what a version vector claims is held.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { answer, ask } from './exchange.ts'
import type { ExchangeContext } from './exchange-context.ts'
import { channelPair } from './testing/channel-pair.ts'
import { contextOf, counterOf, cutAfter, exchange, rootOf } from './testing/world.ts'

const REPLICAS = ['a', 'b', 'c']
/** As long as keys may be, so that few fill a message. */
const keyOf = (i: number): string => `${i}`.padEnd(500, '.')
const replica = fc.nat(REPLICAS.length - 1)

const step = fc.oneof(
  fc.record({
    type: fc.constant('write' as const),
    at: replica,
    from: fc.nat(150),
    count: fc.integer({ min: 1, max: 120 }),
    requestId: fc.option(fc.constantFrom('r1', 'r2')),
  }),
  fc.record({
    type: fc.constant('exchange' as const),
    at: replica,
    with: replica,
    cutAfter: fc.option(fc.nat(8)),
  }),
  // Gossip of the last few writes, over a gap or not.
  fc.record({
    type: fc.constant('gossip' as const),
    at: replica,
    from: replica,
    last: fc.integer({ min: 1, max: 60 }),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Which key each of a replica's operations went to. */
type History = Map<string, string[]>

const write = (
  { counter }: ExchangeContext,
  history: History,
  { from, count, requestId }: Extract<Step, { type: 'write' }>,
): void => {
  const keys = history.get(counter.replica)!
  for (let i = from; i < from + count; i++) {
    const { duplicate } = counter.increment(
      keyOf(i),
      1,
      requestId === null ? {} : { requestId: `${requestId}/${i}` },
    )
    if (!duplicate) keys.push(keyOf(i))
  }
}

const play = async (
  contexts: readonly ExchangeContext[],
  history: History,
  step: Step,
): Promise<void> => {
  const left = contexts[step.at]!
  if (step.type === 'write') return write(left, history, step)
  const right = contexts[step.type === 'gossip' ? step.from : step.with]!
  if (left === right) return
  if (step.type === 'gossip') {
    const { replica, seq } = right.counter
    const delta = right.counter.deltaSince(replica, Math.max(0, seq - step.last))
    await left.journal.join([delta], replica)
    return
  }
  const pair = channelPair(left.self, right.self)
  const end = step.cutAfter === null ? pair.left : cutAfter(pair.left, step.cutAfter)
  await Promise.allSettled([ask(left, end), answer(right, pair.right)])
}

const expectClaimsHold = ({ counter }: ExchangeContext, history: History): void => {
  for (const [replica, seq] of counter.version) {
    const last = new Map(
      history
        .get(replica)!
        .slice(0, seq)
        .map((key, i) => [key, i + 1]),
    )
    for (const [key, at] of last) {
      const held = counter.slots(key).find((slot) => slot.replica === replica)?.seq ?? 0
      expect(held, `${counter.replica} claims ${replica} up to ${seq}`).toBeGreaterThanOrEqual(at)
    }
  }
}

it('what is claimed is held, and all are equal in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), async (steps) => {
      const contexts = await Promise.all(REPLICAS.map((name) => contextOf(counterOf(name))))
      const history: History = new Map(REPLICAS.map((name) => [name, []]))
      for (const next of steps) {
        await play(contexts, history, next)
        for (const context of contexts) expectClaimsHold(context, history)
      }
      const [a, b, c] = contexts as [ExchangeContext, ExchangeContext, ExchangeContext]
      for (const [left, right] of [
        [a, b],
        [b, c],
        [a, b],
      ] as const)
        await exchange(left, right)
      expect(new Set(contexts.map(({ counter }) => rootOf(counter))).size).toBe(1)
      for (const { counter } of contexts) expect(counter.version).toEqual(a.counter.version)
    }),
    { numRuns: 60 },
  )
})
