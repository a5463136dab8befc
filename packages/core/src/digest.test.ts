// Digests: equal if and only if the states are, whatever the way to them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import { viewOf } from './testing/view.ts'
import { copyOf, worldOf } from './testing/world.ts'

it('equal states have equal digests, and others have not', () => {
  fc.assert(
    fc.property(worldOf(['a', 'b', 'c', 'a']), (world) => {
      // With copies, which came to the same by another way, and never looked at a digest before.
      const counters = [...world, ...world.map(copyOf)]
      const views = counters.map((counter) => JSON.stringify(viewOf(counter), withBigints))
      const digests = counters.map((counter) => JSON.stringify(counter.digest()))
      for (const [i, view] of views.entries())
        expect(views.map((other) => other === view)).toEqual(
          digests.map((digest) => digest === digests[i]),
        )
    }),
    { numRuns: 300 },
  )
})

it('a digest that was kept up is that of the same state made anew', () => {
  const kept = new DistributedKeyCounter({ replica: 'a' })
  for (let i = 0; i < 3000; i++) {
    const requestId = i % 5 === 0 ? `r${i}` : undefined
    kept.increment(`key ${(i * 7919) % 1000}`, i % 7 === 0 ? 2n ** 64n : -i, { requestId })
    if (i % 100 > 0) continue
    kept.digest()
    expect(copyOf(kept).digest()).toEqual(kept.digest())
  }
})

const withBigints = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value
