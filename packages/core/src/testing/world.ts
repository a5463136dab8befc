// Small worlds of replicas in which anything may happen, for properties over reachable states.
import fc from 'fast-check'
import { DistributedKeyCounter } from '../counter.ts'
import { TallymeshError } from '../errors.ts'

/** What happens in a world; replicas go by their position. */
export type Event =
  | {
      readonly type: 'increment'
      readonly at: number
      readonly key: string
      readonly amount: number | bigint
      readonly requestId: string | undefined
    }
  | { readonly type: 'merge' | 'delta' | 'state'; readonly from: number; readonly at: number }
  /** A floor moves to so many operations below the last. */
  | { readonly type: 'floor'; readonly at: number; readonly below: number }

export const KEYS = ['k', '__proto__', 'constructor', '🦀']

/** Around the edges of a safe integer, so that totals pass them both ways. */
const amount: fc.Arbitrary<number | bigint> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 53 - 1, 1 - 2 ** 53, 2n ** 63n, -(2n ** 63n)) },
)

/** Few, so that they are retried; each with one amount in most cases, as clients do it. */
const requestId = fc.option(fc.constantFrom('r1', 'r2', 'r3'), { nil: undefined })

export const incrementAt = (replicas: number): fc.Arbitrary<Event> =>
  fc
    .record({
      type: fc.constant('increment' as const),
      at: fc.nat(replicas - 1),
      key: fc.constantFrom(...KEYS),
      amount,
      requestId,
    })
    .map((event) => (event.requestId === undefined ? event : { ...event, key: 'k', amount: 5 }))

const exchange = (replicas: number): fc.Arbitrary<Event> =>
  fc.record({
    type: fc.constantFrom('merge' as const, 'delta' as const, 'state' as const),
    from: fc.nat(replicas - 1),
    at: fc.nat(replicas - 1),
  })

const floorMove = (replicas: number): fc.Arbitrary<Event> =>
  fc.record({
    type: fc.constant('floor' as const),
    at: fc.nat(replicas - 1),
    below: fc.nat(3),
  })

export const eventsOf = (replicas: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.oneof(
      { weight: 2, arbitrary: incrementAt(replicas) },
      { weight: 1, arbitrary: exchange(replicas) },
      { weight: 1, arbitrary: floorMove(replicas) },
    ),
    { maxLength: 40 },
  )

export const play = (counters: readonly DistributedKeyCounter[], event: Event): void => {
  const counter = counters[event.at]!
  if (event.type === 'increment') return increment(counter, event)
  if (event.type === 'floor') return void counter.moveFloor(counter.seq - event.below)
  const other = counters[event.from]!
  if (event.type === 'merge') counter.merge(other)
  else if (event.type === 'state') counter.applyEncoded(other.encode())
  else counter.applyEncoded(other.encode({ since: counter.version }))
}

/** A request id that is known with another key or amount is refused; that changes nothing. */
export const increment = (
  counter: DistributedKeyCounter,
  { key, amount, requestId }: Extract<Event, { type: 'increment' }>,
): void => {
  try {
    counter.increment(key, amount, { requestId })
  } catch (error) {
    if (!(error instanceof TallymeshError && error.code === 'ERR_REQUEST_CONFLICT')) throw error
  }
}

/** The replicas after any events. An id that stands twice has two writers, who fork it. */
export const worldOf = (ids: readonly string[]): fc.Arbitrary<DistributedKeyCounter[]> =>
  eventsOf(ids.length).map((events) => {
    const counters = ids.map((replica) => new DistributedKeyCounter({ replica }))
    for (const event of events) play(counters, event)
    return counters
  })

/** A counter with the state of another, under an id that writes nothing. */
export const copyOf = (counter: DistributedKeyCounter): DistributedKeyCounter => {
  const copy = new DistributedKeyCounter({ replica: 'observer' })
  copy.merge(counter)
  return copy
}
