// Many connections at once: what is answered is counted, through a stop in the middle, too.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Watch } from '../apps/peer/src/http/watch/events.fake.ts'
import { batchesOf, HttpLoad, loadTotal, singles } from './support/http-load.ts'
import { increment, status } from './support/peer-http.ts'
import { PeerProcess, sameAddresses } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

test('200 connections count, each over one connection, and none of them meets an error', async () => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using load = new HttpLoad({ http: peer.http, connections: 200, next: singles })
  const { answered, failures } = await load.run(4000)
  expect([...failures]).toEqual([])
  expect(answered).toBe(4000)
  await using batches = new HttpLoad({ http: peer.http, connections: 8, next: batchesOf(100, 500) })
  const more = await batches.run(50)
  expect([...more.failures]).toEqual([])
  expect(await loadTotal(peer.http)).toBe(answered + more.answered)
})

test.each([
  ['increments', singles],
  ['batches', batchesOf(100, 500)],
] as const)(
  'SIGTERM under a load of %s: what was answered is there after a restart',
  async (_, next) => {
    await using data = await temporaryFolder()
    await using peer = await PeerProcess.start({ data: data.path })
    await using load = new HttpLoad({ http: peer.http, connections: 50, next })
    const running = load.run(Infinity)
    await until('it counts', async () => (await status(peer.http)).seq > 2000)
    const code = await peer.stop()
    const { answered, failures } = await running
    expect(code).toBe(0)
    expect(answered).toBeGreaterThan(2000)
    // Refused with a reason, or the connection was closed: never anything else.
    for (const failure of failures.keys())
      expect(failure).toMatch(/^(503|UND_ERR_SOCKET|ECONN.*|EPIPE)$/)
    await using again = await PeerProcess.start({ data: data.path })
    const counted = await loadTotal(again.http)
    // Of the last request of each connection, the answer may have been cut.
    expect(counted).toBeGreaterThanOrEqual(answered)
    expect(counted).toBeLessThanOrEqual(answered + 50 * next(0).increments)
  },
)

test('a watch that is cut again and again, and whose peer is killed, misses nothing', async () => {
  await using data = await temporaryFolder()
  let peer = await PeerProcess.start({ data: data.path })
  const addresses = sameAddresses(peer.ready)
  const url = `${peer.http}/v1/watch?prefix=w-`
  const seen = new Map<string, bigint>()
  let watch = await Watch.open(url)
  let over = false
  const follow = async (): Promise<void> => {
    while (!over) {
      try {
        for (let counter = await watch.next(); counter !== undefined; counter = await watch.next())
          seen.set(counter.key, BigInt(counter.value))
      } catch {
        // Cut: it goes on from the last id.
      }
      while (!over) {
        const opened = await Watch.open(url, watch.lastEventId).catch(() => undefined)
        if (opened === undefined) {
          await pause(20)
          continue
        }
        watch = opened
        break
      }
    }
  }
  const following = follow()
  const expected = new Map<string, bigint>()
  const count = async (key: string): Promise<void> => {
    await increment(peer.http, key)
    expected.set(key, (expected.get(key) ?? 0n) + 1n)
  }
  for (let i = 0; i < 400; i++) {
    await count(`w-${i % 37}`)
    if (i % 50 === 25) watch.cut()
    if (i === 200) {
      await peer.kill()
      peer = await PeerProcess.start({ data: data.path, addresses })
    }
  }
  await until('all is seen', () => [...expected].every(([key, value]) => seen.get(key) === value))
  over = true
  watch.cut()
  await following
  await peer.stop()
})
