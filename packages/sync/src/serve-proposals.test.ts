// What has to wait for its turn at a member keeps nothing else waiting that came with it.
import { MemoryStore } from '@tallymesh/storage'
import { expect, test } from 'vitest'
import { Acceptor } from './acceptor.ts'
import type { Mode, Proposal } from './proposal.ts'
import type { Quorum } from './quorum.ts'
import { serveProposals } from './serve-proposals.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { counterOf, journalOn, TAKES_ALL } from './testing/world.ts'

const proposal = (mode: Mode, key: string): Proposal => ({ mode, key, slots: [] })

test('votes are told as they are cast, and what waits comes later', async () => {
  const store = new MemoryStore()
  await store.open()
  const [counter, clock] = [counterOf('me'), new FakeClock()]
  const journal = journalOn(counter, store)
  let mayVote = true
  const acceptor = new Acceptor({
    counter,
    journal,
    clock,
    members: ['me', 'b', 'c'],
    intake: TAKES_ALL,
    mayVote: () => mayVote,
  })
  const options = {
    counter,
    clock,
    acceptor,
    quorum: undefined as unknown as Quorum,
    mayVote: () => mayVote,
    whenProven: () => Promise.resolve(),
    stopping: new AbortController().signal,
  }
  const told: string[] = []
  const serve = (keys: readonly string[]): Promise<void> =>
    serveProposals(
      options,
      'b',
      keys.map((key) => proposal('hold', key)),
      (place, answers) => told.push(`${place}: ${answers.length}`),
    )

  acceptor.heard('c', [proposal('insist', 'k1'), proposal('insist', 'k2')])
  const served = serve(['k0', 'k1', 'k2', 'k3', 'k4'])
  await settle()
  expect(told).toEqual(['0: 1', '3: 2'])
  acceptor.heard('c', [proposal('yield', 'k2')])
  acceptor.heard('c', [proposal('yield', 'k1')])
  await served
  expect(told).toEqual(['0: 1', '3: 2', '2: 1', '1: 1'])

  // Who may not vote when the turn comes abstains from what is left.
  acceptor.heard('c', [proposal('insist', 'k1')])
  const last = serve(['k0', 'k1'])
  await settle()
  mayVote = false
  acceptor.heard('c', [proposal('yield', 'k1')])
  await expect(last).rejects.toMatchObject({ code: 'ERR_NOT_READY' })
  expect(told.splice(4)).toEqual(['0: 1'])
})
