// The commands that talk to a peer, against the HTTP API with a fake service behind it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { QuorumUnavailableError } from '@tallymesh/sync'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listenHttp } from '../http/address.ts'
import { createFakePeer, type FakePeer } from '../http/server.fake.ts'
import { createIo, type Ran, runCli } from './io.fake.ts'
import { run } from './program.ts'

let peer: FakePeer
let url = ''
beforeAll(async () => {
  peer = await createFakePeer()
  url = await listenHttp(peer.app.server, { host: '127.0.0.1', port: 0 })
})
afterAll(() => peer.app.close())
beforeEach(() => {
  peer.service.counters.clear()
  peer.service.requests.clear()
})

const tally = (...args: string[]): Promise<Ran> => runCli(...args, '--url', url)

test('increment prints the new value, and get reads it', async () => {
  expect(await tally('increment', 'views')).toEqual({ code: 0, out: '1', notes: '' })
  expect((await tally('increment', 'views', '41')).out).toBe('42')
  expect(await tally('get', 'views')).toEqual({ code: 0, out: '42', notes: '' })
  expect((await tally('get', 'never')).out).toBe('0')
})

test('amounts may be negative, zero, and of any size', async () => {
  expect((await tally('increment', 'views', '-5')).out).toBe('-5')
  expect((await tally('increment', 'views', '0')).out).toBe('-5')
  const big = '123456789012345678901234567890'
  expect((await tally('increment', 'big', big)).out).toBe(big)
  expect((await tally('increment', 'big', `-${big}1`)).out).toBe('-1111111101111111110111111111011')
  expect((await tally('--', 'x')).code).toBe(2)
})

test.each(['.', '..', 'a/b', '__proto__', '🎉', ' ', '%2F', '-5'])(
  'the key %j is a key like any other',
  async (key) => {
    expect((await tally('increment', key, '3')).out).toBe('3')
    expect((await tally('get', key)).out).toBe('3')
  },
)

test('after --, a key may begin with a dash', async () => {
  expect((await runCli('increment', '--url', url, '--', '-odd', '-2')).out).toBe('-2')
})

test('a request id counts once, and a retry says so', async () => {
  await tally('increment', 'views', '5', '--request-id', 'r')
  const retry = await tally('increment', 'views', '5', '--request-id', 'r')
  expect(retry).toMatchObject({ code: 0, out: '5' })
  expect(retry.notes).toMatch(/counted before/)
  const conflict = await tally('increment', 'views', '6', '--request-id', 'r')
  expect(conflict).toMatchObject({ code: 1, out: '' })
})

test('--json prints what the peer answered', async () => {
  expect(JSON.parse((await tally('increment', 'views', '5', '--json')).out)).toEqual({
    key: 'views',
    value: '5',
    ops: 1,
    replica: 'fake',
    seq: expect.any(Number),
    duplicate: false,
  })
  expect(JSON.parse((await tally('get', 'views', '--json')).out)).toEqual({
    key: 'views',
    value: '5',
    ops: 1,
    consistency: 'local',
  })
  expect(JSON.parse((await tally('list', '--json')).out)).toEqual({
    counters: [{ key: 'views', value: '5', ops: 1 }],
  })
  expect(JSON.parse((await tally('status', '--json')).out)).toMatchObject({ peerId: 'fake' })
})

test('levels and time limits are passed on; a refusal is a failure with its code', async () => {
  const failed = await tally(
    'get',
    'a',
    '--consistency',
    'quorum',
    '--timeout',
    '5',
    '--retries',
    '0',
    '--json',
  )
  expect(failed).toMatchObject({ code: 1, out: '' })
  expect(JSON.parse(failed.notes)).toMatchObject({ code: 'ERR_QUORUM_UNAVAILABLE', status: 503 })
  expect((await tally('increment', 'a', '--ack', 'all', '--retries', '0')).notes).toBe(
    'tallymesh: no member is in reach\nthe increment was not applied',
  )
  expect((await tally('get', '.', '--consistency', 'all')).code).toBe(2)
})

test('list prints a table, and how to go on', async () => {
  for (const key of ['a', 'b', 'c']) await tally('increment', key, '-10')
  expect(await tally('list', '--limit', '2')).toEqual({
    code: 0,
    out: ['VALUE  OPS  KEY', '  -10    1  a', '  -10    1  b'].join('\n'),
    notes: 'there are more: --after b goes on from here, --all prints them all',
  })
  expect((await tally('list', '--after', 'b')).out).toMatch(/ c$/)
  expect((await tally('list', 'x')).notes).toBe('no counters')
})

test('list --all goes through every page', async () => {
  for (let at = 0; at < 1001; at++) await peer.service.increment(`k${at}`)
  const { counters } = JSON.parse((await tally('list', '--all', '--json')).out) as {
    counters: unknown[]
  }
  expect(counters).toHaveLength(1001)
  expect((await tally('list', '--all')).out.split('\n')).toHaveLength(1003)
})

test('a key can not act on the terminal', async () => {
  for (const key of ['\u001b[2J', 'a\nb', '\u009b', '\u202e', '"'])
    await tally('increment', key, '1')
  const { out } = await tally('list')
  expect(out.split('\n')).toHaveLength(6)
  expect(out).not.toMatch(/\p{Cf}|[^\n\P{Cc}]/u)
})

test('status is a page that a person can read', async () => {
  const { out } = await tally('status')
  expect(out).toMatch(/^peer +fake$/m)
  expect(out).toMatch(/^peers met +none$/m)
})

test('without a peer, says how to start one', async () => {
  const ran = await runCli('get', 'a', '--url', 'http://127.0.0.1:9')
  expect(ran.code).toBe(1)
  expect(ran.notes).toMatch(/no peer answers at .*tallymesh peer/)
})

test('what is not a peer is told apart', async () => {
  const ran = await runCli('status', '--url', `${url}/nothing/here`)
  expect(ran.code).toBe(1)
})

/** Nothing listens here. */
const NOBODY = 'http://127.0.0.1:8'

test('an increment that reaches nobody was not applied, and says so', async () => {
  const args = ['increment', 'a', '--retries', '0', '--url', NOBODY]
  const { code, notes } = await runCli(...args)
  expect(code).toBe(1)
  expect(notes).toMatch(/no peer answers at .*tallymesh peer.*\nthe increment was not applied$/)
  const json = await runCli(...args, '--request-id', 'r', '--json')
  expect(JSON.parse(json.notes)).toMatchObject({
    code: 'ERR_UNREACHABLE',
    outcome: 'not-applied',
    requestId: 'r',
  })
})

test('--url repeats, and its environment variable takes a list', async () => {
  expect((await runCli('increment', 'a', '2', '--url', NOBODY, '--url', url)).out).toBe('2')
  const io = createIo()
  process.env['TALLYMESH_URL'] = `${NOBODY},${url}`
  try {
    expect(await run(['get', 'a'], io)).toBe(0)
  } finally {
    delete process.env['TALLYMESH_URL']
  }
  expect(io.outs).toEqual(['2'])
})

test('an increment makes its own request id, tries again with it, and names it where it gives up', async () => {
  const ids = new Set<string>()
  const server = createServer((request) => {
    request.on('data', (chunk: Buffer) => {
      ids.add((JSON.parse(chunk.toString()) as { requestId: string }).requestId)
      request.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { code, notes } = await runCli('increment', 'a', '--url', `http://127.0.0.1:${port}`)
  server.close()
  expect(code).toBe(1)
  expect(ids.size).toBe(1)
  expect(notes).toContain(
    `the increment may have been applied: repeat it with --request-id ${[...ids][0]}, and it counts once`,
  )
})

test('an increment that is recorded, but not as far as it should be, says so with the problem as it came', async () => {
  const reached = ['one']
  const missed = ['two', 'three']
  peer.service.failure = new QuorumUnavailableError({ reached, missed, recorded: true })
  const args = ['increment', 'a', '--ack', 'quorum', '--retries', '0']
  const { notes } = await tally(...args)
  const json = JSON.parse((await tally(...args, '--json')).notes) as unknown
  peer.service.failure = undefined
  expect(notes).toMatch(
    /^tallymesh: 1 of 3 members in reach.* is recorded here[^\n]*\nto wait for more, repeat it/,
  )
  expect(json).toMatchObject({
    type: 'about:blank',
    status: 503,
    recorded: true,
    reached,
    missed,
    outcome: 'recorded',
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
})
