// A small share of `pnpm torture`: real peers, killed at random moments under load, lose nothing, and
// members keep strong calls linearizable.
import { expect, test } from 'vitest'
import { commandOf } from './torture/command.ts'
import { type RunOptions, torture } from './torture/run.ts'
import { seedOfCommit } from './torture/seed-of-commit.ts'

const shareOf = (
  options: Pick<RunOptions, 'rounds' | 'peers' | 'members' | 'strong'>,
): RunOptions => ({
  ...options,
  clients: 4,
  seed: seedOfCommit(),
  source: true,
  longestFaultMs: 1000,
})

// At the same time: all mostly wait for the other's processes to start.
test.concurrent.each([
  shareOf({ rounds: 5, peers: 1, members: false }),
  shareOf({ rounds: 2, peers: 3, members: true }),
  shareOf({ rounds: 4, peers: 3, members: true, strong: true }),
])('$rounds rounds of kills, peers: $peers, strong calls: $strong', async (options) => {
  const { violation, kept, lines } = await torture(options)
  console.log([commandOf(options), ...lines].join('\n'))
  expect(violation && `${violation}\nagain: ${commandOf(options)}\n${kept}`).toBeUndefined()
})
