// Members whose clocks are years apart, go back, or run fast: no value, retry or strong read goes by them.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Members, type MemberPeer } from './support/members.ts'
import { postJson } from './support/peer-http.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
/** As Debian has it. Its command would start the peer as a child, which no signal to it reaches. */
const LIBRARY = `/usr/lib/${MACHINE}-linux-gnu/faketime/libfaketimeMT.so.1`
const isMissing = !existsSync(LIBRARY)
if (isMissing) console.log(`clocks are not shifted: apt-get install faketime brings ${LIBRARY}`)

const YEARS_MS = 3 * 365 * 24 * 3600 * 1000
const HOUR_MS = 3600 * 1000
/** How near to the truth the offset of a steady clock is once some exchanges have been quick. */
const ESTIMATE_MS = 100
/** Idle peers ask each of two others once in 48 s at the latest: time for two samples. */
const KNOWN_WITHIN = { withinMs: 100_000, everyMs: 200 }

/** The date is shifted, and the monotonic clock is not: as on a machine whose date is set. */
const shifted = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  LD_PRELOAD: LIBRARY,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  ...more,
})

const count = async ({ process: { http } }: MemberPeer, requestId: string): Promise<boolean> => {
  const body = JSON.stringify({ requestId, ack: 'quorum' })
  const response = await postJson(`${http}/v1/counters/n/increment`, body)
  expect(response.status).toBe(200)
  return ((await response.json()) as { duplicate: boolean }).duplicate
}

const read = async ({ process: { http } }: MemberPeer): Promise<string> => {
  const response = await fetch(`${http}/v1/counters/n?consistency=quorum`)
  expect(response.status).toBe(200)
  return ((await response.json()) as { value: string }).value
}

const offset = async (from: MemberPeer, to: MemberPeer): Promise<number | null | undefined> =>
  (await from.status()).peers.find(({ peer }) => peer === to.peerId)?.clockOffsetMs

test.skipIf(isMissing)('one is 3 years ahead, and one goes back an hour', async () => {
  await using folder = await temporaryFolder()
  const shift = join(folder.path, 'shift')
  await writeFile(shift, '+0')
  await using members = await Members.start(3, [
    {},
    shifted({ FAKETIME: `+${YEARS_MS / 1000}` }),
    shifted({ FAKETIME_TIMESTAMP_FILE: shift, FAKETIME_NO_CACHE: '1' }),
  ])
  const [true_, ahead, back] = members.peers as [MemberPeer, MemberPeer, MemberPeer]
  for (const peer of members.peers) await peer.untilVerified()

  const ids = (phase: string): string[] => members.peers.map((_, at) => `${phase} ${at}`)
  const countAll = async (phase: string): Promise<void> => {
    for (const [at, id] of ids(phase).entries()) {
      expect(await count(members.peers[at]!, id)).toBe(false)
      // A retry elsewhere, as soon as it is acknowledged and known there.
      const other = members.peers[(at + 1) % 3]!
      await read(other)
      expect(await count(other, id)).toBe(true)
    }
  }
  const readAll = async (expected: string): Promise<void> => {
    for (const peer of members.peers) expect(await read(peer)).toBe(expected)
  }
  await countAll('before')
  await readAll('3')

  const near = (ms: number, expected: number): boolean => Math.abs(ms - expected) < ESTIMATE_MS
  await until(
    'the offset is known',
    async () => near((await offset(true_, ahead)) ?? Number.NaN, YEARS_MS),
    KNOWN_WITHIN,
  )
  await until(
    'the offset is known on the other side',
    async () => near((await offset(ahead, true_)) ?? Number.NaN, -YEARS_MS),
    KNOWN_WITHIN,
  )
  expect(true_.process.logged('clocks are apart')).toMatchObject([{ remote: ahead.peerId }])

  await writeFile(shift, `-${HOUR_MS / 1000}`)
  await countAll('after')
  await readAll('6')
  await until(
    'a clock that was set is believed',
    async () => near((await offset(true_, back)) ?? Number.NaN, -HOUR_MS),
    KNOWN_WITHIN,
  )
  expect(true_.process.logged('clocks are apart')).toHaveLength(2)
  // What was retried across the jump is known still.
  for (const id of [...ids('before'), ...ids('after')]) expect(await count(back, id)).toBe(true)
  await readAll('6')
})

test.skipIf(isMissing)('one runs at twice the speed, its timers too', async () => {
  await using members = await Members.start(3, [
    {},
    {},
    { LD_PRELOAD: LIBRARY, FAKETIME: '+0 x2', FAKETIME_NO_CACHE: '1' },
  ])
  const [true_, steady, fast] = members.peers as [MemberPeer, MemberPeer, MemberPeer]
  for (const peer of members.peers) await peer.untilVerified()
  const startedAt = performance.now()
  let counted = 0
  const countAll = async (): Promise<void> => {
    for (const [at, peer] of members.peers.entries()) {
      const id = `request ${counted++}`
      expect(await count(peer, id)).toBe(false)
      const other = members.peers[(at + 1) % 3]!
      await read(other)
      expect(await count(other, id)).toBe(true)
    }
    for (const peer of members.peers) expect(await read(peer)).toBe(`${counted}`)
  }
  await countAll()
  // It gains a second in each.
  await until(
    'the others see that it has gained more than a second',
    async () => ((await offset(true_, fast)) ?? 0) > 1000,
    KNOWN_WITHIN,
  )
  await countAll()
  expect((await offset(true_, fast))!).toBeLessThan(performance.now() - startedAt + 10_000)
  await until('the others warn of it', () =>
    Promise.resolve(true_.process.logged('clocks are apart').length > 0),
  )
  expect(true_.process.logged('clocks are apart')).toMatchObject([{ remote: fast.peerId }])
  // Only who asks learns of the other's clock: of this one, it may not have been its turn yet.
  await until(
    'the steady one is known to be right',
    async () => Math.abs((await offset(true_, steady)) ?? Number.NaN) < ESTIMATE_MS,
    KNOWN_WITHIN,
  )
  await countAll()
})
