// The client over real connections: dropped, refused, hung, cut, and answered by something else.
import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import { expect, test, vi } from 'vitest'
import * as client from './index.ts'
import { SmallPeer, type Trouble } from './testing/small-peer.ts'

const { createTallymeshClient } = client

/** Nothing listens here. */
const NOBODY = 'http://127.0.0.1:8'

test.each<Trouble>(['drop after applying', 'cut the answer'])(
  '%s: the retry is a duplicate, and it counts once',
  async (trouble) => {
    await using peer = await SmallPeer.start()
    peer.troubles.push(trouble)
    const result = await createTallymeshClient({ urls: peer.url }).increment('a', 5)
    expect(result).toMatchObject({ value: 5n, duplicate: true })
    expect(peer.value('a')).toBe('5')
  },
)

test('an increment that was given up may have counted, and counts once with its id', async () => {
  await using peer = await SmallPeer.start()
  peer.troubles.push('drop after applying')
  const peers = createTallymeshClient({ urls: peer.url, retries: 0 })
  const error = await peers.increment('a', 5).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ERR_UNREACHABLE', outcome: 'unknown' })
  const { requestId } = error as { requestId: string }
  expect(await peers.increment('a', 5, { requestId })).toMatchObject({ duplicate: true })
  expect(peer.value('a')).toBe('5')
})

test('a peer that refuses connections is passed by', async () => {
  await using peer = await SmallPeer.start()
  const peers = createTallymeshClient({ urls: [NOBODY, peer.url] })
  expect(await peers.increment('a', 5)).toMatchObject({ value: 5n, duplicate: false })
})

test('where all refuse, nothing was applied', async () => {
  const peers = createTallymeshClient({ urls: [NOBODY, 'http://127.0.0.1:18'], retries: 1 })
  await expect(peers.increment('a')).rejects.toMatchObject({
    code: 'ERR_UNREACHABLE',
    outcome: 'not-applied',
    attempts: Array.from({ length: 4 }, () => expect.objectContaining({ detail: 'ECONNREFUSED' })),
    detail: `no peer answers at ${NOBODY}/ (ECONNREFUSED), http://127.0.0.1:18/ (ECONNREFUSED)`,
  })
})

test('a peer that hangs is left for the next try', async () => {
  await using peer = await SmallPeer.start()
  peer.troubles.push('hang')
  const peers = createTallymeshClient({ urls: peer.url, attemptMs: 1000 })
  expect(await peers.increment('a', 5)).toMatchObject({ value: 5n, duplicate: false })
  peer.troubles.push('hang', 'hang')
  await expect(peers.increment('a', 5, { timeoutMs: 1500 })).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    outcome: 'unknown',
  })
})

test('garbage is told apart from a peer', async () => {
  await using peer = await SmallPeer.start()
  peer.troubles.push('garbage')
  await expect(createTallymeshClient({ urls: peer.url }).increment('a')).rejects.toMatchObject({
    code: 'ERR_NOT_A_PEER',
    outcome: 'unknown',
    status: 200,
  })
})

test('the signal ends a request that is on its way', async () => {
  await using peer = await SmallPeer.start()
  peer.troubles.push('hang')
  const signal = AbortSignal.timeout(50)
  const call = createTallymeshClient({ urls: peer.url }).increment('a', 1, { signal })
  await expect(call).rejects.toMatchObject({ code: 'ERR_ABORTED', outcome: 'unknown' })
})

test('the example of the README prints what it says', async () => {
  await using peer = await SmallPeer.start()
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, program = ''] = /^```ts\nimport [^\n]*\n(.*?)^```$/ms.exec(readme) ?? []
  const said = vi.fn<(...words: unknown[]) => void>()
  const own = program.replace('http://127.0.0.1:8390', peer.url)
  const names = ['createTallymeshClient', 'TallymeshClientError', 'console']
  const run = compileFunction(`return (async () => {${own}})()`, names) as (
    ...given: unknown[]
  ) => Promise<void>
  await run(client.createTallymeshClient, client.TallymeshClientError, { log: said })
  expect(said.mock.calls).toEqual([
    [5n],
    [1n, true],
    ['orders', 1n],
    ['views', 5n],
    ['ERR_REQUEST_CONFLICT', 'not-applied'],
  ])
})
