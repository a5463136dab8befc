// Peers as they run: real libp2p, real disk, real HTTP, in this process.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createIo, type FakeIo, runCli } from './io.fake.ts'
import { run } from './program.ts'

interface Ready {
  readonly event: string
  readonly peerId: string
  readonly replica: string
  readonly http: string
  readonly listen: readonly string[]
}

interface Started extends Ready {
  stop(): Promise<number>
}

let folder = ''
const running: Started[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallymesh-peer-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()))
  rmSync(folder, { recursive: true })
})

const dataOf = (name: string): string => join(folder, name)

const firstLine = async (io: FakeIo, ended: Promise<number>): Promise<string> => {
  const failed = ended.then((code) => {
    throw new Error(`ended with ${code}: ${io.notes.join('\n')}`)
  })
  const shown = vi.waitFor(() => io.outs[0] ?? expect.fail('not ready'), 10_000)
  return Promise.race([shown, failed])
}

const start = async (name: string, ...args: string[]): Promise<Started> => {
  const io = createIo()
  const command = ['peer', '--data', dataOf(name), '--http', '127.0.0.1:0', '--json', ...args]
  const ended = run(command, io)
  const ready = JSON.parse(await firstLine(io, ended)) as Ready
  const stop = (): Promise<number> => {
    io.stop()
    return ended
  }
  const peer = { ...ready, stop }
  running.push(peer)
  return peer
}

test('the first line says where it serves, and the peer keeps its identity and its counters', async () => {
  const { out } = await runCli('id', '--data', dataOf('a'), '--json')
  const { peerId } = JSON.parse(out) as { peerId: string }
  const first = await start('a')
  expect(Object.keys(first).slice(0, 5)).toEqual(['event', 'peerId', 'replica', 'http', 'listen'])
  expect(first).toMatchObject({ event: 'ready', peerId, replica: peerId })
  expect(first.listen).toHaveLength(2)
  for (const address of first.listen)
    expect(address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+(\/ws)?\/p2p\/12D3/)
  await runCli('increment', 'views', '5', '--url', first.http)
  expect(await first.stop()).toBe(0)
  const second = await start('a')
  expect(second.peerId).toBe(peerId)
  expect((await runCli('get', 'views', '--url', second.http)).out).toBe('5')
})

test('peers find each other, with and without a peer id in the address, and again after a restart', async () => {
  const a = await start('a')
  const [tcp = ''] = a.listen
  const b = await start('b', '--peer', tcp)
  const c = await start('c', '--peer', tcp.replace(/\/p2p\/.*/, ''))
  await runCli('increment', 'views', '-7', '--url', b.http)
  const seen = async (url: string): Promise<string> =>
    (await runCli('get', 'views', '--url', url)).out
  await vi.waitFor(async () => expect(await seen(c.http)).toBe('-7'), 10_000)
  await a.stop()
  await runCli('increment', 'views', '1', '--url', c.http)
  const again = await start('a', '--listen', tcp.replace(/\/p2p\/.*/, ''))
  await vi.waitFor(async () => expect(await seen(again.http)).toBe('-6'), 15_000)
  await vi.waitFor(async () => expect(await seen(b.http)).toBe('-6'), 15_000)
})

test('status says where the peer is reached', async () => {
  const peer = await start('a', '--namespace', 'shop')
  const { out } = await runCli('status', '--json', '--url', peer.http)
  expect(JSON.parse(out)).toMatchObject({
    peerId: peer.peerId,
    namespace: 'shop',
    http: peer.http,
    listen: peer.listen,
    version: expect.any(String),
    uptimeMs: expect.any(Number),
  })
})

test('a second peer on the same data is refused, with the folder and who has it', async () => {
  await start('a')
  const { code, notes } = await runCli('peer', '--data', dataOf('a'), '--http', '127.0.0.1:0')
  expect(code).toBe(1)
  expect(notes).toContain(dataOf('a'))
})

test('a named address that is taken is an error that says which', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const data = ['--data', dataOf('a')]
  for (const args of [
    ['--http', `127.0.0.1:${port}`],
    ['--http', '127.0.0.1:0', '--listen', `/ip4/127.0.0.1/tcp/${port}`],
  ]) {
    const { code, out, notes } = await runCli('peer', ...data, ...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(notes).toContain(String(port))
    expect(notes).toContain('taken')
  }
  other.close()
  // The failed starts have let go of everything.
  await start('a')
})

test('without --json, says in words where it is and how to stop it', async () => {
  const io = createIo()
  const ended = run(['peer', '--data', dataOf('a'), '--http', '127.0.0.1:0'], io)
  const text = await firstLine(io, ended)
  expect(text).toMatch(/page +http:\/\/127\.0\.0\.1:\d+\//)
  expect(text).toContain(dataOf('a'))
  expect(text).toMatch(/Ctrl-C/)
  io.stop()
  expect(await ended).toBe(0)
})

test('one that is told to stop before it serves ends well, and says nothing', async () => {
  const io = createIo()
  const ended = run(['peer', '--data', dataOf('a'), '--http', '127.0.0.1:0', '--json'], io)
  io.stop()
  expect({ code: await ended, outs: io.outs, notes: io.notes }).toEqual({
    code: 0,
    outs: [],
    notes: [],
  })
})

test('--restored goes on under a new replica id, and what was counted stays', async () => {
  const first = await start('a')
  await runCli('increment', 'views', '5', '--url', first.http)
  await first.stop()
  const second = await start('a', '--restored')
  expect(second.peerId).toBe(first.peerId)
  expect(second.replica).toMatch(new RegExp(`^${first.peerId}\\.`))
  await runCli('increment', 'views', '1', '--url', second.http)
  expect((await runCli('get', 'views', '--url', second.http)).out).toBe('6')
  await second.stop()
  expect((await start('a')).replica).toBe(second.replica)
})

test('--announce tells of an address beside those that it listens on, with its id', async () => {
  const { peerId, listen } = await start('a', '--announce', '/dns4/counters.example/tcp/443/wss')
  expect(listen).toHaveLength(3)
  expect(listen.at(-1)).toBe(`/dns4/counters.example/tcp/443/wss/p2p/${peerId}`)
})

test('listens beyond loopback once it was said who may connect', async () => {
  const { peerId, listen } = await start('a', '--open', '--listen', '/ip4/0.0.0.0/tcp/0')
  expect(listen[0]).toMatch(new RegExp(`^/ip4/.*/p2p/${peerId}$`))
})
