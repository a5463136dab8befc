// tallymesh export and import, against the HTTP API with fake services behind it.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listenHttp } from '../http/address.ts'
import { createFakePeer, createLoadingPeer, type FakePeer } from '../http/server.fake.ts'
import { createIo, runCli } from './io.fake.ts'
import { run } from './program.ts'

interface Served extends FakePeer {
  readonly url: string
}

const running: FakePeer[] = []
const serve = async (peer: FakePeer): Promise<Served> => {
  running.push(peer)
  return { ...peer, url: await listenHttp(peer.app.server, { host: '127.0.0.1', port: 0 }) }
}

let folder = ''
let file = ''
let from: Served
let to: Served
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallymesh-export-'))
  file = join(folder, 'counters.ndjson')
  from = await serve(await createFakePeer())
  to = await serve(await createFakePeer())
  from.service.state.increment('views', 5)
  from.service.state.increment('orders', 2n ** 80n, { requestId: 'q' })
})
afterEach(async () => {
  for (const { app } of running.splice(0)) {
    app.server.closeAllConnections()
    await app.close()
  }
  rmSync(folder, { recursive: true })
})

const rootOf = ({ service }: FakePeer): unknown => service.state.digest().root

test('a file goes from one peer to another, and says what came of it', async () => {
  const out = await runCli('export', file, '--url', from.url)
  expect(out).toEqual({
    code: 0,
    out: expect.stringMatching(/^exported 2 slots of 2 counters to .*counters\.ndjson, \d+ B$/),
    notes: '',
  })
  expect(readFileSync(file, 'utf8')).toMatch(/^\{"format":"tallymesh-export","version":1,/)
  const again = ['import', file, '--url', to.url]
  expect(await runCli(...again)).toEqual({
    code: 0,
    out: 'imported 2 slots of 2 counters, of which 2 changed',
    notes: '',
  })
  expect((await runCli(...again)).out).toMatch(/of which 0 changed$/)
  expect(rootOf(to)).toEqual(rootOf(from))
})

test.each([[[]], [['-']]])('through stdout and stdin: %j', async (name) => {
  const out = createIo()
  expect(await run(['export', ...name, '--url', from.url], out)).toBe(0)
  expect({ outs: out.outs, notes: out.notes }).toEqual({
    outs: [],
    notes: [expect.stringMatching(/^exported 2 slots of 2 counters to stdout/)],
  })
  const back = createIo()
  back.input.push(...out.written)
  expect(await run(['import', ...name, '--url', to.url, '--json'], back)).toBe(0)
  expect(back.outs.map((text) => JSON.parse(text) as unknown)).toEqual([
    { counters: 2, slots: 2, changed: 2 },
  ])
  expect(rootOf(to)).toEqual(rootOf(from))
})

test('--json says what the client says', async () => {
  const { out } = await runCli('export', file, '--url', from.url, '--json')
  expect(JSON.parse(out)).toEqual({ counters: 2, slots: 2, bytes: readFileSync(file).length })
})

test('a file of another namespace needs a word', async () => {
  await runCli('export', file, '--url', from.url)
  writeFileSync(file, readFileSync(file, 'utf8').replace('"test"', '"shop"'))
  const refused = await runCli('import', file, '--url', to.url)
  expect(refused.code).toBe(1)
  expect(refused.notes).toMatch(/"shop".*"test".*--any-namespace/)
  expect((await runCli('import', file, '--any-namespace', '--url', to.url)).code).toBe(0)
})

test('a file that was cut is refused, and changes nothing', async () => {
  await runCli('export', file, '--url', from.url)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.slice(0, text.lastIndexOf('{"end"')))
  const { code, notes } = await runCli('import', file, '--url', to.url, '--json')
  expect(code).toBe(1)
  expect(JSON.parse(notes)).toMatchObject({ code: 'ERR_MALFORMED', status: 400 })
  expect(to.service.state.size).toBe(0)
})

test('what can not be read or written is said before a peer is asked', async () => {
  const none = await runCli('import', join(folder, 'none'))
  expect(none).toMatchObject({
    code: 1,
    notes: expect.stringMatching(/can not read .*none: ENOENT/),
  })
  const nowhere = await runCli('export', join(folder, 'no', 'such', 'folder'))
  expect(nowhere).toMatchObject({
    code: 1,
    notes: expect.stringMatching(/can not write .*: ENOENT/),
  })
})

test('an export that breaks off leaves the file of before as it was, and no other', async () => {
  writeFileSync(file, 'yesterday')
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.write('{"format":1}\n', () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { code, notes } = await runCli('export', file, '--url', url)
  server.close()
  expect(code).toBe(1)
  expect(notes).toMatch(/the export broke off/)
  expect(readFileSync(file, 'utf8')).toBe('yesterday')
  expect(readdirSync(folder)).toEqual(['counters.ndjson'])
})

test('a device takes what a file would', async () => {
  expect((await runCli('export', '/dev/null', '--url', from.url)).code).toBe(0)
  expect(existsSync('/dev/null')).toBe(true)
})

test('a closed stdout is a failure', async () => {
  const io = { ...createIo(), write: () => Promise.reject(new Error('EPIPE')) }
  expect(await run(['export', '--url', from.url], io)).toBe(1)
  expect(io.notes).toEqual(['tallymesh: stdout was closed before the export was whole'])
})

test('a peer that is still loading is asked again, and then says why not', async () => {
  const loading = await serve(await createLoadingPeer())
  const { code, notes } = await runCli('export', file, '--retries', '0', '--url', loading.url)
  expect(code).toBe(1)
  expect(notes).toMatch(/still loading its store/)
  const other = ['--url', loading.url, '--url', from.url]
  expect((await runCli('export', file, '--retries', '0', ...other)).code).toBe(0)
})
