// The simulator as a part of the tests: seeds that stay, and that the same seed is the same run.
import { expect, test } from 'vitest'
import { commandOf } from './command.ts'
import { readRegressions } from './regressions.ts'
import { runPlan, runSeed } from './run.ts'

const FIXED_SEEDS = 40

test('nothing is lost, doubled or left behind, whatever goes wrong', async () => {
  for (let seed = 1; seed <= FIXED_SEEDS; seed++) {
    const { violation } = await runSeed({ seed })
    expect(violation && [violation, commandOf({ seed })]).toBeUndefined()
  }
})

test.for(readRegressions())('once found, and mended: $file', async ({ plan, note }) => {
  const { violation } = await runPlan(plan)
  expect(violation && [violation, note]).toBeUndefined()
})

test('the same seed is the same run', async () => {
  for (const seed of [3, 11, 23]) {
    const [first, second] = [await runSeed({ seed }), await runSeed({ seed })]
    expect(second).toEqual(first)
  }
})

test('with gossip off, everything still converges', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { violation } = await runSeed({ seed, gossip: false })
    expect(violation && [violation, commandOf({ seed, gossip: false })]).toBeUndefined()
  }
})

test('with anti-entropy off, it does not always converge', async () => {
  const { violation } = await runSeed({ seed: 1, antiEntropy: false, faults: ['loss'] })
  expect(violation?.checker).toBe('equal-roots')
})
