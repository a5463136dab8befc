// A small share of `pnpm torture`: real peers, killed at random moments under load, lose nothing.
import { expect, test } from 'vitest'
import { commandOf } from './torture/command.ts'
import { type RunOptions, torture } from './torture/run.ts'
import { seedOfCommit } from './torture/seed-of-commit.ts'

const shareOf = (options: Pick<RunOptions, 'rounds' | 'peers' | 'members'>): RunOptions => ({
  ...options,
  clients: 4,
  seed: seedOfCommit(),
  source: true,
})

// At the same time: both mostly wait for the other's processes to start.
test.concurrent.each([
  shareOf({ rounds: 5, peers: 1, members: false }),
  shareOf({ rounds: 2, peers: 3, members: true }),
])('$rounds rounds of kills, peers: $peers', async (options) => {
  const { violation, kept, lines } = await torture(options)
  console.log([commandOf(options), ...lines].join('\n'))
  expect(violation && `${violation}\nagain: ${commandOf(options)}\n${kept}`).toBeUndefined()
})
