import { type ClientRequest, request } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listenHttp } from '../address.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { expectProblem, get } from '../requests.fake.ts'
import { createFakePeer, type FakePeer } from '../server.fake.ts'
import { Watch } from '../watch/events.fake.ts'
import { SharedChanges } from '../watch/shared-changes.ts'
import { Watcher } from '../watch/watcher.ts'

let peer: FakePeer
let url = ''
beforeEach(async () => {
  peer = await createFakePeer()
  url = `${await listenHttp(peer.app.server, { host: '127.0.0.1', port: 0 })}/v1/watch`
})
afterEach(async () => {
  await peer.app.close()
})

const count = (key: string, amount: number | bigint = 1): Promise<unknown> =>
  peer.service.increment(key, amount)

test('tells of changes from now on, as they stand', async () => {
  await count('before')
  await using watch = await Watch.open(url)
  expect(watch.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(watch.response.headers.get('cache-control')).toBe('no-store')
  await count('views', 2n ** 64n)
  expect(await watch.next()).toEqual({ key: 'views', value: '18446744073709551616', ops: 1 })
  await count('a\nb "é"', -3)
  expect(await watch.next()).toEqual({ key: 'a\nb "é"', value: '-3', ops: 1 })
})

test('of counters with the prefix only', async () => {
  await using watch = await Watch.open(`${url}?prefix=shop%2F`)
  await count('other')
  await count('shop/a')
  expect(await watch.next()).toEqual({ key: 'shop/a', value: '1', ops: 1 })
})

test('many changes of one counter are one event of its last value', async () => {
  await using watch = await Watch.open(url)
  for (let i = 0; i < 1000; i++) await count('hot')
  const seen = await watch.until(({ value }) => value === '1000')
  expect(seen.length).toBeLessThan(20)
})

test('after a cut, what changed meanwhile comes first', async () => {
  const first = await Watch.open(url)
  await count('a')
  await first.next()
  first.cut()
  await count('b')
  await count('a')
  await using again = await Watch.open(url, first.lastEventId)
  expect([await again.next(), await again.next()]).toEqual([
    { key: 'b', value: '1', ops: 1 },
    { key: 'a', value: '2', ops: 2 },
  ])
})

test('one that was cut before it had an event goes on from where it was', async () => {
  const first = await Watch.open(url)
  first.cut()
  await count('a')
  await using again = await Watch.open(url, first.lastEventId)
  expect(await again.next()).toEqual({ key: 'a', value: '1', ops: 1 })
})

test.each(['0', 'AAAAAAAA-0', 'AAAAAAAA-17', 'nonsense', '-1', 'x'.repeat(5000)])(
  'an id that this process has not given, %#, begins with all counters of the prefix',
  async (id) => {
    for (let i = 0; i < 1200; i++) await count(`a${i}`)
    await count('b')
    await using watch = await Watch.open(`${url}?prefix=a`, id)
    const seen = await watch.untilPlace()
    expect(new Set(seen.map(({ key }) => key)).size).toBe(1200)
    await count('a7')
    expect(await watch.next()).toEqual({ key: 'a7', value: '2', ops: 2 })
  },
)

test('a snapshot that was cut has given no id, so it begins anew', async () => {
  for (let i = 0; i < 1200; i++) await count(`a${i}`)
  const first = await Watch.open(url, '0')
  await first.next()
  first.cut()
  expect(first.lastEventId).toBe('0')
})

test('what no watcher reads is not kept for it', async () => {
  const changes = new SharedChanges(peer.service)
  const { signal } = new AbortController()
  const watcher = new Watcher({ changes, prefix: '', lastEventId: undefined, signal }).events()
  await watcher.next()
  for (let i = 0; i < 100_000; i++) changes.log.note(`key ${i % 50}`)
  const { value } = await watcher.next()
  expect((value as string).match(/^data: /gm)).toHaveLength(50)
})

test('one that has fallen behind the log gets all counters, and then what changed', async () => {
  await count('old')
  const changes = new SharedChanges(peer.service)
  const { signal } = new AbortController()
  const watcher = new Watcher({ changes, prefix: '', lastEventId: undefined, signal }).events()
  await watcher.next()
  for (let i = 0; i < 200_000; i++) changes.log.note(`key ${i}`)
  const { value } = await watcher.next()
  expect(value).toBe('event: change\ndata: {"key":"old","value":"1","ops":1}\n\n')
})

test('is silent for so long only', async () => {
  const changes = new SharedChanges(peer.service)
  const { signal } = new AbortController()
  const options = { changes, prefix: 'a', lastEventId: undefined, signal, heartbeatMs: 1 }
  const watcher = new Watcher(options).events()
  await watcher.next()
  changes.log.note('b')
  await watcher.next().then(({ value }) => expect(value).toBe(`:\nid: ${changes.idOf(1)}\n\n`))
})

test('closing ends the events, and nobody waits for a heartbeat', async () => {
  await using watch = await Watch.open(url)
  const closed = peer.app.close()
  expect(await watch.next()).toBeUndefined()
  await closed
})

const openBare = (): Promise<ClientRequest> =>
  new Promise((resolve, reject) => {
    const watch = request(url, () => resolve(watch))
    watch.on('error', reject)
    watch.end()
  })

test('only so many; one that leaves makes room', async () => {
  const watches = await Promise.all(Array.from({ length: HTTP_LIMITS.watches }, openBare))
  const refused = await fetch(url)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ code: 'ERR_BUSY' })
  for (const watch of watches) watch.destroy()
  await expect
    .poll(async () => {
      const again = new AbortController()
      const { status } = await fetch(url, { signal: again.signal })
      again.abort()
      return status
    })
    .toBe(200)
})

test('a prefix that is not UTF-8, and other questions, are refused', async () => {
  expectProblem(await get(peer.app, '/v1/watch?prefix=%ff'), 400, 'ERR_INVALID_ARGUMENT')
  expectProblem(await get(peer.app, '/v1/watch?since=1'), 400, 'ERR_INVALID_ARGUMENT')
})
