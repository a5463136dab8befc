// Retry without fear: over three real peers that are killed and frozen, each increment with an id counts once.
import { expect, test } from 'vitest'
import { seedOfCommit } from './torture/seed-of-commit.ts'
import { countWithRetries } from './retries/run.ts'

const SECONDS = 12

test.for([
  ['exactly once with request ids', true],
  ['never less than once without', false],
] as const)('counts %s', { timeout: 150_000 }, async ([, hasIds]) => {
  const seed = seedOfCommit()
  const { sums, ...counts } = await countWithRetries({ seed, seconds: SECONDS, hasIds })
  const excess = sums.map(({ asked, shown }) => `${shown - asked}`)
  console.log(`seed ${seed}: ${JSON.stringify({ ...counts, excess })}`)
  // A run in which nothing went wrong would show nothing.
  expect(counts.kills + counts.freezes).toBeGreaterThan(1)
  expect(counts.failures).toBeGreaterThan(0)
  const wrong = sums.filter(({ asked, shown }) => (hasIds ? shown !== asked : shown < asked))
  expect(wrong).toEqual([])
})
