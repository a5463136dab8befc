// What holds for every route: methods, media types, origins, sizes, the page, and closing.
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listenHttp } from './address.ts'
import { HTTP_LIMITS } from './limits.ts'
import { type Answer, expectProblem, get, incrementUrl, post } from './requests.fake.ts'
import { createFakePeer, type FakePeer } from './server.fake.ts'

let peer: FakePeer
beforeEach(async () => {
  peer = await createFakePeer()
})
afterEach(async () => {
  await peer.app.close()
})

const send = async (method: string, url: string): Promise<Answer> => {
  const response = await peer.app.inject({ method: method as 'GET', url })
  const body = response.body === '' ? {} : response.json()
  return { status: response.statusCode, headers: response.headers, body }
}

test.each([
  ['PUT', '/v1/counters/a', 'GET, HEAD'],
  ['POST', '/v1/counters/a', 'GET, HEAD'],
  ['GET', '/v1/counters/a/increment', 'POST'],
  ['DELETE', '/v1/counters', 'GET, HEAD'],
  ['GET', '/v1/increments', 'POST'],
  ['PATCH', '/v1/count', 'GET, HEAD'],
  ['OPTIONS', '/v1/status', 'GET, HEAD'],
  ['PROPFIND', '/healthz', 'GET, HEAD'],
  ['POST', '/openapi.json', 'GET, HEAD'],
])('%s %s is a 405 that says what is allowed', async (method, url, allow) => {
  const answer = await send(method, url)
  expectProblem(answer, 405, 'ERR_METHOD_NOT_ALLOWED')
  expect(answer.headers['allow']).toBe(allow)
})

test('the method counts before body and media type', async () => {
  const answer = await post(peer.app, '/v1/status', 'x'.repeat(2 ** 21), { 'content-type': 'a/b' })
  expectProblem(answer, 405, 'ERR_METHOD_NOT_ALLOWED')
})

test.each(['/nothing', '/v1', '/v1/counters/a/b', '/v1/Counters', '/..%2f..%2fetc/passwd'])(
  '%s is a 404',
  async (url) => {
    expectProblem(await get(peer.app, url), 404, 'ERR_NOT_FOUND')
  },
)

test.each([
  undefined,
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  'application/jsonp',
  'text/plain; application/json',
])('a POST of type %s is refused', async (type) => {
  const answer = await post(peer.app, incrementUrl('a'), '{}', type ? { 'content-type': type } : {})
  expectProblem(answer, 415, 'ERR_UNSUPPORTED_MEDIA_TYPE')
  expect(peer.service.seq).toBe(0)
})

test('a POST with neither body nor type is refused too', async () => {
  expectProblem(await send('POST', incrementUrl('a')), 415, 'ERR_UNSUPPORTED_MEDIA_TYPE')
})

test.each([
  'application/json',
  'Application/JSON; charset=UTF-8',
  'application/json;charset="utf-8"',
])('a POST of type %s is taken', async (type) => {
  expect((await post(peer.app, incrementUrl('a'), '{}', { 'content-type': type })).status).toBe(200)
})

test.each(['http://elsewhere.example', 'http://127.0.0.1:1', 'null'])(
  'a page of %s may not count here',
  async (origin) => {
    const headers = { 'content-type': 'application/json', host: '127.0.0.1:8390', origin }
    const answer = await post(peer.app, incrementUrl('a'), {}, headers)
    expectProblem(answer, 403, 'ERR_ORIGIN_REFUSED')
    expect(peer.service.seq).toBe(0)
  },
)

test('the page of this peer may', async () => {
  const host = '127.0.0.1:8390'
  const headers = { 'content-type': 'application/json', host, origin: `http://${host}` }
  expect((await post(peer.app, incrementUrl('a'), {}, headers)).status).toBe(200)
})

test('a body over 1 MiB is refused', async () => {
  const answer = await post(peer.app, incrementUrl('a'), `{"value": 1${' '.repeat(2 ** 20)}}`)
  expectProblem(answer, 413, 'ERR_BODY_TOO_LARGE')
})

const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })

const listen = async (): Promise<number> => {
  const url = await listenHttp(peer.app.server, { host: '127.0.0.1', port: 0 })
  return Number(new URL(url).port)
}

test('headers over 16 KiB, a path that long, and what is not HTTP get problems as well', async () => {
  const port = await listen()
  const long = 'a'.repeat(20_000)
  for (const request of [
    `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${long}\r\n\r\n`,
    `GET /v1/counters/${long} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ])
    expect(await raw(port, request)).toMatch(/^HTTP\/1.1 431 [^]*problem\+json[^]*ERR_HEADERS/)
  expect(await raw(port, 'what?\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [^]*problem\+json/)
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
})

test('connections past the limit are closed at once, and the others go on', async () => {
  expect(peer.app.server.maxConnections).toBe(HTTP_LIMITS.connections)
  peer.app.server.maxConnections = 1
  const port = await listen()
  const first = connect(port, '127.0.0.1')
  await once(first, 'connect')
  const refused = raw(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(await refused.catch(() => 'reset')).toMatch(/^(reset)?$/)
  first.end('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const [answer] = (await once(first, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200/)
})

test('raw bytes in a path are refused with how to write them', async () => {
  const port = await listen()
  const answer = await raw(port, 'GET /v1/counters/é HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1.1 400 [^]*problem\+json[^]*percent-encoded/)
})

test('closing finishes what was accepted', async () => {
  const port = await listen()
  const { service, app } = peer
  const reached = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const increment = service.increment.bind(service)
  service.increment = async (...args) => {
    reached.resolve()
    await release.promise
    return increment(...args)
  }
  const answer = fetch(`http://127.0.0.1:${port}${incrementUrl('a')}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  await reached.promise
  const closed = app.close()
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed')
  release.resolve()
  expect((await answer).status).toBe(200)
  await closed
  expect(service.seq).toBe(1)
})

test('without a built page, says how to build it', async () => {
  const response = await peer.app.inject('/')
  expect(response.statusCode).toBe(503)
  expect(response.body).toContain('npm run build')
})

test('serves the page: its files for good, the document for now, never in a frame', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallymesh-page-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<p>page</p>')
  writeFileSync(join(folder, 'assets', 'index-1.js'), '1')
  const { app } = await createFakePeer(folder)
  const page = await app.inject('/')
  expect(page.statusCode).toBe(200)
  expect(page.headers['content-type']).toMatch(/text\/html/)
  expect(page.headers['cache-control']).toBe('no-cache')
  expect(page.headers['content-security-policy']).toMatch(/frame-ancestors 'none'/)
  const asset = await app.inject('/assets/index-1.js')
  expect(asset.headers['cache-control']).toMatch(/immutable/)
  expectProblem(await get(app, '/assets/none.js'), 404, 'ERR_NOT_FOUND')
  expectProblem(await get(app, '/..%2f..%2f..%2fetc%2fpasswd'), 404, 'ERR_NOT_FOUND')
  await app.close()
  rmSync(folder, { recursive: true })
})
