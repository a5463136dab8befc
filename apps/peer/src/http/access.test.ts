// Tokens, names and origins: what keeps strangers out, on every route.
import { afterEach, expect, test } from 'vitest'
import type { Access } from './access.ts'
import { expectProblem, JSON_HEADERS, toAnswer } from './requests.fake.ts'
import { createFakePeer, createLoadingPeer, type FakePeer } from './server.fake.ts'
import { Tokens } from './tokens.ts'

const [reader, writer] = ['r'.repeat(20), 'w'.repeat(20)]
const tokens = Tokens.parse(`read ${reader}\nwrite ${writer}`)

let peer: FakePeer | undefined
afterEach(() => peer?.app.close())

const start = async (access: Partial<Access>): Promise<FakePeer> => {
  peer = await createFakePeer(undefined, { hosts: [], origins: [], ...access })
  return peer
}

const send = async (
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
) => {
  const payload = url === '/v1/increments' ? '{"increments":[{"key":"a","value":1}]}' : '{}'
  const type = url === '/v1/import' ? { 'content-type': 'application/x-ndjson' } : JSON_HEADERS
  const isPost = method === 'POST'
  const request = { method: method as 'GET', url, headers: { ...(isPost && type), ...headers } }
  return toAnswer(await peer!.app.inject({ ...request, ...(isPost && { payload }) }))
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const WRITES = [
  '/v1/counters/a/increment',
  '/v1/increments',
  '/v1/count/increment',
  '/v1/import',
] as const
const READS = [
  '/v1/counters/a',
  '/v1/counters',
  '/v1/count',
  '/v1/export',
  '/v1/status',
  '/metrics',
  '/openapi.json',
] as const
const ALL = [
  ...WRITES.map((url) => ['POST', url] as const),
  ...READS.map((url) => ['GET', url] as const),
  ['GET', '/v1/watch'] as const,
]

test('these are all routes that need a token', async () => {
  const { app } = await start({})
  const open = ['/healthz', '/readyz', '/page.json']
  const { paths } = (await app.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, unknown>>
  }>()
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path.replace('{key}', 'a')}`),
  )
  const known = ALL.map(([method, url]) => `${method.toLowerCase()} ${url}`)
  expect(routes.filter((route) => !open.includes(route.slice(4))).toSorted()).toEqual(
    known.toSorted(),
  )
})

test.each(ALL)('%s %s asks for a token, and takes no other', async (method, url) => {
  const { service } = await start({ tokens })
  const answer = await send(method, url)
  expectProblem(answer, 401, 'ERR_UNAUTHORIZED')
  expect(answer.headers['www-authenticate']).toBe('Bearer realm="tallymesh"')
  for (const authorization of [
    `Bearer ${reader}x`,
    `Bearer ${writer} ${writer}`,
    'Bearer',
    `Basic ${writer}`,
    writer,
  ]) {
    const refused = await send(method, url, { authorization })
    expectProblem(refused, 401, 'ERR_UNAUTHORIZED')
    expect(refused.headers['www-authenticate']).toMatch(/error="invalid_token"/)
    expect(JSON.stringify(refused.body)).not.toContain(writer)
  }
  expect([service.seq, service.state.size]).toEqual([0, 0])
})

test.each(WRITES)('with a read token, POST %s is a 403', async (url) => {
  const { service } = await start({ tokens })
  const answer = await send('POST', url, bearer(reader))
  expectProblem(answer, 403, 'ERR_FORBIDDEN')
  expect(answer.headers['www-authenticate']).toMatch(/insufficient_scope.*scope="write"/)
  expect([service.seq, service.state.size]).toEqual([0, 0])
})

test('a read token reads, and a write token does both', async () => {
  await start({ tokens })
  for (const url of READS) expect((await send('GET', url, bearer(reader))).status).toBe(200)
  expect((await send('HEAD', '/v1/count', bearer(reader))).status).toBe(200)
  expect((await send('POST', '/v1/count/increment', bearer(writer))).status).toBe(200)
  expect((await send('GET', '/v1/count', { authorization: `bearer  ${writer}` })).body).toEqual({
    value: '1',
    ops: 1,
  })
})

test('who has no token hears that before anything else', async () => {
  peer = await createLoadingPeer(undefined, { tokens, hosts: [], origins: [] })
  expectProblem(await send('GET', '/v1/status'), 401, 'ERR_UNAUTHORIZED')
  expectProblem(await send('GET', '/v1/status', bearer(reader)), 503, 'ERR_NOT_READY')
})

test('the page, what it needs, and whether the peer is well are for all', async () => {
  await start({ tokens })
  expect((await peer!.app.inject('/')).body).toContain('npm run build')
  expect((await send('GET', '/page.json')).body).toEqual({
    namespace: 'test',
    listen: ['/ip4/127.0.0.1/tcp/1/ws/p2p/fake'],
    members: [],
  })
  for (const url of ['/healthz', '/readyz']) expect((await send('GET', url)).status).toBe(200)
})

test.each(['elsewhere.example', 'counters.example.evil.example:8390', 'localhost.evil', 'a b'])(
  'a request for %j is refused on every path: the name may lead here against our will',
  async (host) => {
    const { service } = await start({ hosts: ['counters.example'] })
    for (const [method, url] of [...ALL, ['GET', '/'] as const, ['GET', '/page.json'] as const])
      expectProblem(await send(method, url, { host }), 403, 'ERR_HOST_REFUSED')
    expect(service.seq).toBe(0)
  },
)

test.each([
  '127.0.0.1:8390',
  '[::1]:8390',
  '192.0.2.7',
  'localhost:8390',
  'peer.localhost',
  'Counters.Example:8390',
])('one for %s is answered', async (host) => {
  await start({ hosts: ['counters.example'] })
  expect((await send('GET', '/v1/count', { host })).status).toBe(200)
})

const SHOP = 'https://shop.example'

test('a page of an origin that is named may count, and read the answer', async () => {
  const { service } = await start({ origins: [SHOP] })
  const answer = await send('POST', '/v1/count/increment', { origin: SHOP })
  expect(answer.status).toBe(200)
  expect(answer.headers['access-control-allow-origin']).toBe(SHOP)
  const preflight = await peer!.app.inject({
    method: 'OPTIONS',
    url: '/v1/count/increment',
    headers: { origin: SHOP, 'access-control-request-method': 'POST' },
  })
  expect(preflight.statusCode).toBe(204)
  expect(preflight.headers['access-control-allow-headers']).toMatch(/authorization, content-type/)
  expect(service.seq).toBe(1)
})

test.each(['http://shop.example', 'https://shop.example.evil.example', 'https://other', 'null'])(
  'one of %s may not',
  async (origin) => {
    const { service } = await start({ origins: [SHOP] })
    const answer = await send('POST', '/v1/count/increment', { origin })
    expectProblem(answer, 403, 'ERR_ORIGIN_REFUSED')
    const read = await send('GET', '/v1/count', { origin })
    const preflight = await peer!.app.inject({
      method: 'OPTIONS',
      url: '/v1/count/increment',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    for (const { headers } of [answer, read, preflight])
      expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(service.seq).toBe(0)
  },
)

test('unless told otherwise, no page elsewhere reads anything', async () => {
  await start({})
  const answer = await send('GET', '/v1/count', { origin: SHOP })
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual(
    [],
  )
})
