// Counters in any state that may differ from another's: forks, requests, slots lost, vectors wrong.
import type { DistributedKeyCounter } from '@tallymesh/core'
import fc from 'fast-check'
import { counterOf } from './world.ts'

interface Write {
  readonly replica: string
  readonly key: number
  readonly amount: number
  readonly requestId: string | undefined
}

const write: fc.Arbitrary<Write> = fc.record({
  replica: fc.constantFrom('r', 's', 't'),
  key: fc.nat(60),
  amount: fc.constantFrom(1, 3, 5),
  requestId: fc.option(fc.constantFrom('q1', 'q2', 'q3'), { nil: undefined }),
})
const writes = fc.array(write, { maxLength: 80, size: 'max' })

/** Records writes under several ids: another counter that does so with the same ids forks them. */
const record = (target: DistributedKeyCounter, writes: readonly Write[]): void => {
  for (const replica of new Set(writes.map((write) => write.replica))) {
    const writer = counterOf(replica)
    writer.merge(target)
    for (const { key, amount, requestId } of writes.filter((w) => w.replica === replica))
      try {
        writer.increment(`key-${key}`, amount, { requestId })
      } catch {
        // The request was known with another key or amount: that changed nothing.
      }
    target.merge(writer)
  }
}

/**
 * Two counters with a common past, and each with writes of its own, under the same replica ids or not;
 * with up to 5k keys more that both hold, and up to 300 that one does.
 */
export const twoCounters: fc.Arbitrary<[DistributedKeyCounter, DistributedKeyCounter]> = fc
  .record({
    common: writes,
    left: writes,
    right: writes,
    shared: fc.constantFrom(0, 0, 20, 500, 5000),
    only: fc.constantFrom(0, 0, 5, 300),
    claims: fc.array(
      fc.tuple(fc.constantFrom('r', 's', 'nobody'), fc.integer({ min: 1, max: 200 })),
      { maxLength: 2 },
    ),
  })
  .map(({ common, left, right, shared, only, claims }) => {
    const past = counterOf('past')
    for (let i = 0; i < shared; i++) past.increment(`shared-${i}`, i)
    record(past, common)
    const [a, b] = [counterOf('a'), counterOf('b')]
    for (const side of [a, b]) side.merge(past)
    record(a, left)
    record(b, right)
    for (let i = 0; i < only; i++) b.increment(`only-${i}`)
    for (const [replica, seq] of claims)
      if (seq > (a.version.get(replica) ?? 0)) a.restore({ kind: 'version', replica, seq })
    return [a, b]
  })
