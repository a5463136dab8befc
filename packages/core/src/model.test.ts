// The real counter against a naive one that is written from the definitions alone (DESIGN sections 3, 7).
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DistributedKeyCounter } from './counter.ts'
import type { Delta } from './delta.ts'
import type { Draft } from './draft.ts'
import { TallymeshError } from './errors.ts'
import { nothingJoined } from './join.ts'
import { hashRequestId } from './request.ts'
import { decodeState, encodeState } from './state-format.ts'
import { Model, type ModelDelta } from './testing/model.ts'
import { Stored } from './testing/stored.ts'
import { valuesOf, viewOf } from './testing/view.ts'
import { KEYS } from './testing/world.ts'

const IDS = ['a', 'b', 'c', 'd', 'e']

const at = fc.nat(IDS.length - 1)
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('increment' as const),
      at,
      key: fc.constantFrom(...KEYS),
      amount: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(2 ** 53 - 1, -(2n ** 64n))),
      requestId: fc.option(fc.constantFrom('r1', 'r2', 'r3', 'r4'), { nil: undefined, freq: 2 }),
      // Most clients repeat key and amount.
      isRetry: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
      // The store refuses: what was drafted is gone, and was never seen.
      isRefused: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  // A replica tells of its own writes since some moment; the messages come when and where they come.
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('publish' as const), at, since: fc.nat(6) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('deliver' as const),
      at,
      message: fc.nat(),
      isLast: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('pull' as const, 'merge' as const),
      at,
      from: at,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('restart' as const), at, last: fc.boolean() }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The two, and the store of the real one. */
interface Pair {
  readonly model: Model
  readonly stored: Stored
  real: DistributedKeyCounter
}

const pairOf = (replica: string): Pair => {
  const stored = new Stored()
  return { model: new Model(replica), stored, real: stored.restore(replica) }
}

const commit = ({ stored }: Pair, draft: Draft): void => {
  stored.commit(draft.changes())
  draft.apply()
}

const increment = (pair: Pair, each: Extract<Step, { type: 'increment' }>): void => {
  const { requestId, isRetry } = each
  const [key, amount] = requestId !== undefined && isRetry ? ['k', 5] : [each.key, each.amount]
  const hash = requestId === undefined ? undefined : hashRequestId(requestId)
  const exact = Number.isSafeInteger(Number(amount)) ? Number(amount) : amount
  const draft = pair.real.draft()
  const done = refusable(() => draft.increment(key, exact, hash))
  if (each.isRefused) return
  expect(done).toEqual(pair.model.increment(key, exact, hash))
  commit(pair, draft)
}

const join = (pair: Pair, deltas: readonly Delta[], model: readonly ModelDelta[]): void => {
  const draft = pair.real.draft()
  const joined = nothingJoined()
  for (const delta of deltas) draft.join(delta, joined)
  commit(pair, draft)
  for (const delta of model) pair.model.join(delta)
  expect([joined.forks.size, joined.overtaken]).toEqual([0, false])
}

const pull = (pair: Pair, other: Pair): void => {
  const deltas = throughBytes(other.real.state(pair.real.version))
  join(pair, deltas, other.model.state(pair.model.version))
}

const merge = (pair: Pair, { real, model }: Pair): void => {
  const draft = pair.real.draft()
  for (const { replica, units } of real.state())
    for (const { key, ...unit } of units)
      draft.joinWhole(replica, key, { ...unit, requestsSince: 0 }, nothingJoined())
  commit(pair, draft)
  pair.model.joinSlots(model)
}

const restart = (pair: Pair, last: boolean): void => {
  pair.real = pair.stored.restore(pair.real.replica, last)
  pair.model.held.clear()
}

const compare = ({ real, model }: Pair): void => {
  expect(viewOf(real)).toEqual(model.view())
  expect(valuesOf(real)).toEqual(model.values())
}

const refusable = <T>(work: () => T): T | 'ERR_REQUEST_CONFLICT' => {
  try {
    return work()
  } catch (error) {
    if (error instanceof TallymeshError && error.code === 'ERR_REQUEST_CONFLICT') return error.code
    throw error
  }
}

const throughBytes = (deltas: Parameters<typeof encodeState>[0]): Delta[] =>
  decodeState(encodeState(deltas))

const publish = ({ real, model }: Pair, back: number): { real: Delta[]; model: ModelDelta } => {
  const { replica } = real
  const from = Math.max(0, real.seq - back)
  return {
    real: throughBytes([real.deltaSince(replica, from)]),
    model: model.deltaSince(replica, from),
  }
}

it('agrees with a naive one under any schedule', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.array(step, { minLength: 1, maxLength: 80 }),
      (count, steps) => {
        const pairs = IDS.slice(0, count).map(pairOf)
        const messages: { real: Delta[]; model: ModelDelta }[] = []
        for (const each of steps) {
          const pair = pairs[each.at % count]!
          if (each.type === 'increment') increment(pair, each)
          else if (each.type === 'pull') pull(pair, pairs[each.from % count]!)
          else if (each.type === 'merge') merge(pair, pairs[each.from % count]!)
          else if (each.type === 'restart') restart(pair, each.last)
          else if (each.type === 'publish') messages.push(publish(pair, each.since))
          else if (each.type === 'deliver' && messages.length > 0) {
            // Any message, any number of times: loss, repetition and disorder in one.
            const next = each.isLast ? messages.length - 1 : each.message % messages.length
            join(pair, messages[next]!.real, [messages[next]!.model])
          }
          compare(pair)
        }
        // Healed, all are equal, whatever happened before.
        for (let round = 0; round < 2; round++)
          for (const pair of pairs) for (const other of pairs) pull(pair, other)
        for (const pair of pairs) {
          compare(pair)
          expect(viewOf(pair.real)).toEqual(viewOf(pairs[0]!.real))
        }
      },
    ),
    { numRuns: 400 },
  )
})
