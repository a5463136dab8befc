// Strong calls to real members: they go on while a majority runs, and else fail by name and in time.
import { expect, test } from 'vitest'
import { runCli } from '../apps/peer/src/cli/io.fake.ts'
import { Members, type MemberPeer } from './support/members.ts'
import { getCounter, increment, postJson } from './support/peer-http.ts'
import { until } from './support/until.ts'

/** What a machine under load may add to a time limit. */
const SLACK_MS = 2000
const TIMEOUT_MS = 800
/** What can succeed is waited for: its disks may be busy. */
const PATIENT_MS = 30_000

const read = (
  { process: { http } }: MemberPeer,
  level = 'quorum',
  timeoutMs = PATIENT_MS,
): Promise<Response> => fetch(`${http}/v1/counters/n?consistency=${level}&timeoutMs=${timeoutMs}`)

const count = (
  { process: { http } }: MemberPeer,
  ack: string,
  { requestId, timeoutMs = PATIENT_MS }: { requestId?: string; timeoutMs?: number } = {},
): Promise<Response> => {
  const body = { ack, timeoutMs, ...(requestId && { requestId }) }
  return postJson(`${http}/v1/counters/n/increment`, JSON.stringify(body))
}

const valueOf = async (response: Response): Promise<string> => {
  expect(response.status).toBe(200)
  return ((await response.json()) as { value: string }).value
}

const idsOf = (peers: readonly MemberPeer[]): string[] =>
  peers.map(({ peerId }) => peerId).toSorted()

/** Who can't be reached is named, in time; the increment is recorded all the same. */
const expectNoMajority = async (
  call: (timeoutMs: number) => Promise<Response>,
  reached: readonly MemberPeer[],
  missed: readonly MemberPeer[],
  more: object = {},
): Promise<void> => {
  const startedAt = performance.now()
  const response = await call(TIMEOUT_MS)
  expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + SLACK_MS)
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  const problem = (await response.json()) as { reached: string[]; missed: string[] }
  expect(problem).toMatchObject({ code: 'ERR_QUORUM_UNAVAILABLE', ...more })
  expect(problem.reached.toSorted()).toEqual(idsOf(reached))
  expect(problem.missed.toSorted()).toEqual(idsOf(missed))
}

test('of three members one may be down; two may not, and all is well after they return', async () => {
  await using members = await Members.start(3)
  const [one, two, three] = members.peers as [MemberPeer, MemberPeer, MemberPeer]
  for (const peer of members.peers) await peer.untilVerified()
  expect(await valueOf(await count(one, 'all'))).toBe('1')

  await three.kill()
  expect(await valueOf(await count(one, 'quorum'))).toBe('2')
  expect(await valueOf(await read(two))).toBe('2')
  await expectNoMajority((ms) => read(one, 'all', ms), [one, two], [three])
  await expectNoMajority((timeoutMs) => count(two, 'all', { timeoutMs }), [one, two], [three], {
    recorded: true,
  })
  expect(await valueOf(await read(one))).toBe('3')

  await two.kill()
  const missed = [two, three]
  await expectNoMajority((ms) => read(one, 'quorum', ms), [one], missed)
  await expectNoMajority(
    (timeoutMs) => count(one, 'quorum', { requestId: 'r', timeoutMs }),
    [one],
    missed,
    { recorded: true },
  )
  await increment(one.process.http, 'n')
  expect((await getCounter(one.process.http, 'n')).value).toBe('5')
  const flags = ['--url', one.process.http, '--timeout', `${TIMEOUT_MS}`]
  const got = await runCli('get', 'n', '--consistency', 'quorum', ...flags)
  const told = await runCli('increment', 'n', '--ack', 'quorum', ...flags)
  expect([got.code, told.code]).toEqual([1, 1])
  for (const { notes } of [got, told])
    for (const { peerId } of missed) expect(notes).toContain(peerId)
  expect(got.notes).toContain('1 of 3 members in reach')
  expect(told.notes).toContain('recorded')
  expect((await getCounter(one.process.http, 'n')).value).toBe('6')

  await two.start()
  await three.start()
  for (const peer of members.peers) await peer.untilVerified()
  // A retry where it is known by now.
  const again = async (): Promise<boolean> =>
    (await count(three, 'quorum', { requestId: 'r' })).status === 200
  await until('the retry is acknowledged', again)
  for (const peer of members.peers)
    await until('all is read', async () => (await valueOf(await read(peer))) === '6')
  expect(await valueOf(await count(two, 'all'))).toBe('7')
})
