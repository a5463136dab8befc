// The simulator as a part of the tests: seeds that stay, seeds that each commit changes, and what it must tell.
import { execFileSync } from 'node:child_process'
import { expect, test, vi } from 'vitest'
import { commandOf } from './command.ts'
import { FAULTS, ROLLBACK_FAULTS } from './faults.ts'
import type { RunOptions } from './plan.ts'
import { readRegressions } from './regressions.ts'
import { runPlan, runSeed } from './run.ts'

// Seconds each on a machine of its own, and more where it has other work.
vi.setConfig({ testTimeout: 120_000 })

const FIXED_SEEDS = 40
const FRESH_SEEDS = 40
const FIXED_ROLLBACK_SEEDS = 8
const FRESH_ROLLBACK_SEEDS = 4
const SEEDS_WITHOUT_GOSSIP = 20
const SEEDS_WITHOUT_ANTI_ENTROPY = 5

/** A violation, and what shows it again; undefined where all was well. */
const failureOf = async (options: RunOptions): Promise<string | undefined> => {
  const { violation } = await runSeed(options)
  return violation && `${violation.checker}: ${violation.message}\n${commandOf(options)}`
}

const failuresOf = async (first: number, count: number, options = {}): Promise<string[]> => {
  const failures: string[] = []
  for (let seed = first; seed < first + count; seed++) {
    const failure = await failureOf({ seed, ...options })
    if (failure !== undefined) failures.push(failure)
  }
  return failures
}

/** The commit as a number: a failure shows which, and the next commit tries other seeds. */
const seedOfCommit = (): number => {
  try {
    const hash = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' })
    return Number.parseInt(hash.slice(0, 8), 16)
  } catch {
    // Unpacked from an archive: there is no commit.
    return 0
  }
}

test('nothing is lost, doubled or left behind, whatever goes wrong', async () => {
  expect(await failuresOf(1, FIXED_SEEDS)).toEqual([])
})

test('nor with the seeds of this commit', async () => {
  const first = seedOfCommit()
  console.log(`seeds of this commit: pnpm sim --first-seed ${first} --seeds ${FRESH_SEEDS}`)
  expect(await failuresOf(first, FRESH_SEEDS)).toEqual([])
})

test.for(readRegressions())('found once, and mended: $file', async ({ plan, note }) => {
  const { violation } = await runPlan(plan)
  expect(violation && { violation, note }).toBeUndefined()
})

test('the same seed is the same run', async () => {
  for (const seed of [3, 11, 23]) {
    const [first, second] = [await runSeed({ seed }), await runSeed({ seed })]
    expect(second).toEqual(first)
  }
})

test('with gossip off, everything still converges', async () => {
  expect(await failuresOf(1, SEEDS_WITHOUT_GOSSIP, { gossip: false })).toEqual([])
})

test('with anti-entropy off, it does not always', async () => {
  const failures = await failuresOf(1, SEEDS_WITHOUT_ANTI_ENTROPY, { antiEntropy: false })
  expect(failures).not.toEqual([])
  for (const failure of failures) expect(failure).toContain('equal-roots')
})

const others = FAULTS.filter((fault) => !ROLLBACK_FAULTS.has(fault))

test.for([
  ['go back in time', ['restored-disk', ...others]],
  ['are two', ['copied-disk', ...others]],
] as const)(
  'nothing that a member held is lost or doubled by replicas that %s',
  async ([, faults]) => {
    expect(await failuresOf(1, FIXED_ROLLBACK_SEEDS, { faults })).toEqual([])
    expect(await failuresOf(seedOfCommit(), FRESH_ROLLBACK_SEEDS, { faults })).toEqual([])
  },
)

test('replicas that go back in time, and others that are two, end equal all the same', async () => {
  const faults = [...ROLLBACK_FAULTS, 'bit-flip', 'crash', 'loss'] as const
  expect(await failuresOf(1, 5, { faults })).toEqual([])
})
