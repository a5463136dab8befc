// A small share of `pnpm torture`: real peers, killed at random moments under load, lose nothing.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandOf } from './torture/command.ts'
import { type RunOptions, torture } from './torture/run.ts'

/** The commit as a number: a failure shows which, and the next commit tries other moments. */
const seedOfCommit = (): number => {
  try {
    const hash = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' })
    return Number.parseInt(hash.slice(0, 8), 16)
  } catch {
    // Unpacked from an archive: there is no commit.
    return 0
  }
}

const shareOf = (options: Pick<RunOptions, 'rounds' | 'peers' | 'members'>): RunOptions => ({
  ...options,
  clients: 8,
  seed: seedOfCommit(),
  source: true,
})

test.concurrent.each([
  shareOf({ rounds: 6, peers: 1, members: false }),
  shareOf({ rounds: 3, peers: 3, members: true }),
])('$rounds rounds with $peers peers', async (options) => {
  const { violation, kept, lines } = await torture(options)
  console.log([commandOf(options), ...lines].join('\n'))
  expect(violation && `${violation}\n${commandOf(options)}\n${kept}`).toBeUndefined()
})
