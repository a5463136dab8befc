// The checkers can fail: each of these broken engines is found within 200 seeds.
import { expect, test } from 'vitest'
import { MUTATIONS, type Mutation } from './mutations.ts'
import { runAll } from './pool.ts'
import type { RunOptions } from './plan.ts'

const MAX_SEEDS = 200
/** All seeds, on a machine that has other work too. */
const TIMEOUT_MS = 240_000

function* seeds({ faults, isStrong, forgets }: Mutation): Generator<RunOptions> {
  for (let seed = 1; seed <= MAX_SEEDS; seed++) {
    yield { seed, faults, strong: isStrong, forget: forgets ?? false }
  }
}

test.for(MUTATIONS)('finds: $name', { timeout: TIMEOUT_MS }, async (mutation) => {
  let found: string | undefined
  await runAll(
    seeds(mutation),
    1,
    (answer) => {
      if ('error' in answer) {
        found ??= answer.error
        return false
      }
      const { violation, plan } = answer.result
      if (violation === undefined) return true
      found ??= `seed ${plan.seed}, ${violation.checker}`
      return false
    },
    mutation,
  )
  console.log(`${mutation.name}: ${found}`)
  expect(found).toBeDefined()
})
