// Every route with every kind of bad input, by the peer's own OpenAPI document: each is refused as the
// document says, nothing changes, and the peer goes on.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { increment, listCounters, status } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { type RawAnswer, type RawRequest, sendRaw } from './support/raw-http.ts'
import { type TemporaryFolder, temporaryFolder } from './support/temporary-folder.ts'

interface Parameter {
  readonly in: string
  readonly name: string
}

interface Documented {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

interface Operation extends Documented {
  readonly method: string
  readonly path: string
  readonly type: string | undefined
  /** Of its body, where that is JSON. */
  readonly isBody: ValidateFunction | undefined
  readonly isProblem: ValidateFunction
}

const JSON_TYPE = 'application/json'
const PROBLEM = 'application/problem+json'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
const BODY_BYTES = 1024 * 1024

let data: TemporaryFolder
let peer: PeerProcess
let operations: readonly Operation[] = []
let before: unknown

const standing = async (): Promise<unknown> => {
  const { root, seq, counters } = await status(peer.http)
  return { root, seq, counters, all: await listCounters(peer.http) }
}

const readOperations = async (): Promise<Operation[]> => {
  const { paths } = (await (await fetch(`${peer.http}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Documented>>
  }
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, documented]): Operation => {
      const [type] = Object.keys(documented.requestBody?.content ?? {})
      const body = documented.requestBody?.content[JSON_TYPE]?.schema
      return {
        ...documented,
        method: method.toUpperCase(),
        path,
        type,
        isBody: body && ajv.compile(body),
        isProblem: ajv.compile(documented.responses['400']!.content[PROBLEM]!.schema),
      }
    }),
  )
}

beforeAll(async () => {
  data = await temporaryFolder()
  peer = await PeerProcess.start({ data: data.path })
  await increment(peer.http, 'views', 5)
  operations = await readOperations()
  before = await standing()
})
afterAll(async () => {
  await peer?.kill()
  await data?.[Symbol.asyncDispose]()
})

const expectRefusal = (
  operation: Operation,
  request: RawRequest,
  answer: RawAnswer,
  expected: number,
): void => {
  const shown = `${request.method} ${request.path.slice(0, 100)} ${String(request.body).slice(0, 100)}`
  expect([shown, answer.status]).toEqual([shown, expected])
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  if (request.method === 'HEAD') return
  const problem = JSON.parse(answer.text) as { status: number; code: string }
  expect([shown, operation.isProblem(problem)]).toEqual([shown, true])
  expect(problem).toMatchObject({ status: expected, code: expect.stringMatching(/^ERR_[A-Z_]+$/) })
  expect(Object.keys(operation.responses)).toContain(`${expected}`)
}

const refuse = async (
  operation: Operation,
  request: Partial<RawRequest>,
  expected: number,
): Promise<RawAnswer> => {
  const full: RawRequest = {
    method: operation.method,
    path: operation.path.replace('{key}', 'views'),
    ...(operation.type !== undefined && { headers: { 'content-type': operation.type } }),
    ...request,
  }
  const answer = await sendRaw(peer.http, full)
  expectRefusal(operation, full, answer, expected)
  return answer
}

/** What each operation takes, to be spoilt. */
const GOOD: Readonly<Record<string, object>> = {
  '/v1/counters/{key}/increment': { value: 1, requestId: 'r', ack: 'local', timeoutMs: 100 },
  '/v1/count/increment': { value: '1', requestId: 'r', ack: 'local', timeoutMs: 100 },
  '/v1/increments': {
    increments: [
      { key: 'views', value: 1 },
      { key: 'views', value: '2', requestId: 'r' },
    ],
    ack: 'local',
    timeoutMs: 100,
  },
}

const withJson = (): Operation[] => operations.filter(({ isBody }) => isBody !== undefined)

const nothingChanged = async (): Promise<void> => {
  expect((await fetch(`${peer.http}/healthz`)).status).toBe(200)
  expect(await standing()).toEqual(before)
}

test('the document has the routes, and a body to spoil for each that takes JSON', () => {
  expect(operations.length).toBeGreaterThan(12)
  expect(
    withJson()
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual(Object.keys(GOOD).toSorted())
  for (const { isBody, path } of withJson()) expect(isBody!(GOOD[path])).toBe(true)
})

test('another method is a 405 that names those that are allowed', async () => {
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const here = operations.filter((operation) => operation.path === path)
    for (const method of METHODS) {
      if (here.some((operation) => operation.method === method)) continue
      // A GET also answers HEAD, unless it is a stream.
      if (method === 'HEAD' && here[0]!.method === 'GET' && !/watch|export/.test(path)) continue
      const answer = await refuse(here[0]!, { method }, 405)
      expect(answer.headers['allow']!.split(', ')).toContain(here[0]!.method)
    }
  }
  await nothingChanged()
})

test('bodies of another type, too large ones, and what is not JSON or not UTF-8', async () => {
  for (const operation of operations.filter(({ type }) => type !== undefined)) {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      `${operation.type}; charset=latin1`,
      operation.type === JSON_TYPE ? 'application/x-ndjson' : JSON_TYPE,
    ])
      await refuse(operation, { headers: { 'content-type': type }, body: '{}' }, 415)
    await refuse(operation, { headers: {}, body: '{}' }, 415)
    for (const body of ['', '{', '{"value":1', "{'value':1}", 'NaN', '\u0000', '{"value":1}}'])
      await refuse(operation, { body }, 400)
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const body = Buffer.concat([
        Buffer.from('{"requestId":"'),
        Buffer.from(bytes),
        Buffer.from('"}'),
      ])
      await refuse(operation, { body }, 400)
    }
  }
  for (const operation of withJson()) {
    const body = JSON.stringify(GOOD[operation.path]).padEnd(BODY_BYTES + 1)
    await refuse(operation, { body }, 413)
  }
  await nothingChanged()
})

test('any JSON that the document does not allow', async () => {
  for (const operation of withJson())
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        fc.pre(!operation.isBody!(value))
        await refuse(operation, { body: JSON.stringify(value) }, 400)
      }),
      { numRuns: 40 },
    )
  await nothingChanged()
})

/** A good body with one place of it replaced, or taken away, or with a field added. */
const spoil = (good: object, at: number, value: unknown, how: string): unknown => {
  const copy = structuredClone(good) as Record<string, unknown>
  const places: { readonly holder: Record<string, unknown>; readonly name: string }[] = []
  const visit = (holder: Record<string, unknown>): void => {
    for (const [name, field] of Object.entries(holder)) {
      places.push({ holder, name })
      if (typeof field === 'object' && field !== null) visit(field as Record<string, unknown>)
    }
  }
  visit(copy)
  const { holder, name } = places[at % places.length]!
  if (how === 'replace') holder[name] = value
  else if (how === 'remove') delete holder[name]
  else Object.defineProperty(holder, how, { value, enumerable: true })
  return copy
}

const WRONG = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    1.5,
    -1,
    0,
    2 ** 53,
    -(2 ** 60),
    '',
    '1.0',
    '01',
    '+1',
    '1e3',
    ' 1',
    'é'.repeat(300),
    '9'.repeat(311),
    [],
    {},
    { toString: 1 },
    'quorums',
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

test('good bodies with one thing wrong, missing, or on top', async () => {
  const how = fc.constantFrom('replace', 'remove', '__proto__', 'constructor', 'value2', 'Value')
  for (const operation of withJson())
    await fc.assert(
      fc.asyncProperty(fc.nat(), WRONG, how, async (at, value, way) => {
        const text = JSON.stringify(spoil(GOOD[operation.path]!, at, value, way))
        fc.pre(!operation.isBody!(JSON.parse(text)))
        await refuse(operation, { body: text }, 400)
      }),
      { numRuns: 150 },
    )
  await nothingChanged()
})

test('batches that are too long, or wrong in their last item', async () => {
  const [batch] = withJson().filter(({ path }) => path === '/v1/increments')
  const items = (count: number): object[] =>
    Array.from({ length: count }, () => ({ key: 'views', value: 1 }))
  const bad = [{ key: '' }, { key: 'views', value: 0.1 }, { key: 'é'.repeat(257), value: 1 }]
  const more = [{ key: '\ud800', value: 1 }, { key: 'views', value: `${2n ** 1024n}` }, null]
  for (const increments of [
    [],
    items(1001),
    ...[...bad, ...more].map((item) => [...items(999), item]),
  ])
    await refuse(batch!, { body: JSON.stringify({ increments }) }, 400)
  // All in one: what the last item would take past the limit, the first ones have not reached.
  const most = `${2n ** 1024n - 1n}`
  const increments = [...items(10), { key: 'views', value: most }, { key: 'views', value: most }]
  await refuse(batch!, { body: JSON.stringify({ increments }) }, 409)
  await nothingChanged()
})

const QUERIES = [
  'unknown=1',
  '__proto__=1',
  'constructor[prototype]=1',
  'limit=1&limit=2',
  'prefix=%ff',
  'prefix=%',
  'after=%c0%af',
  'consistency=eventual',
  'consistency=local&consistency=quorum',
  'timeoutMs=-1',
  'timeoutMs=1e3',
  'timeoutMs=60001',
  'limit=0',
  'limit=1001',
  'limit=01',
  'anyNamespace=yes',
]

test('queries that a route does not take', async () => {
  for (const operation of operations.filter(({ parameters = [] }) => parameters.length >= 0)) {
    // Probes send what they like.
    if (/healthz|readyz|page\.json/.test(operation.path) || operation.isBody) continue
    const path = operation.path.replace('{key}', 'views')
    for (const query of QUERIES) {
      const body = operation.method === 'POST' ? { body: '{}\n' } : {}
      await refuse(operation, { path: `${path}?${query}`, ...body }, 400)
    }
  }
  await nothingChanged()
})

const BAD_KEYS = [
  '%',
  '%2',
  '%zz',
  '%ff',
  '%c0%af',
  '%ed%a0%80',
  'a%',
  'k'.repeat(513),
  '%C3%A9'.repeat(257),
]

test('keys that are none', async () => {
  for (const operation of operations.filter(({ path }) => path.includes('{key}')))
    for (const key of ['', ...BAD_KEYS]) {
      const path = operation.path.replace('{key}', key)
      const body = operation.method === 'POST' ? { body: '{"value":1}' } : {}
      await refuse(operation, { path, ...body }, 400)
    }
  await nothingChanged()
})

test('keys that only look like tricks are keys', async () => {
  for (const key of [
    '\0',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    '%2e',
    'a/b?c#d',
    '\r\n',
  ]) {
    const path = `/v1/counters/${encodeURIComponent(key)}`
    const answer = await sendRaw(peer.http, { method: 'GET', path })
    expect(JSON.parse(answer.text)).toEqual({ key, value: '0', ops: 0, consistency: 'local' })
  }
  await nothingChanged()
})

test('paths that lead nowhere', async () => {
  const [operation] = operations
  for (const path of [
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/../../etc/passwd',
    '/assets/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/v1/../v1/count/../../x',
    '//v1/nothing',
    '/v1/counters/a/b/increment',
    '/v1/counters/a/increment/',
    '/v1/count/increment%00',
    '/V1/count',
    '/constructor',
    '/__proto__',
  ]) {
    const answer = await sendRaw(peer.http, { method: 'GET', path })
    expect([path, answer.status]).toEqual([path, 404])
    expect(operation!.isProblem(JSON.parse(answer.text))).toBe(true)
  }
  await nothingChanged()
})

test('headers that contradict, or are too much', async () => {
  for (const operation of withJson()) {
    const headers = { 'content-type': JSON_TYPE }
    const body = JSON.stringify(GOOD[operation.path])
    for (const key of ['', '"', 'k'.repeat(131), 'k\u00e9'])
      if (key !== '"')
        await refuse(operation, { headers: { ...headers, 'idempotency-key': key }, body }, 400)
    await refuse(
      operation,
      { headers: { ...headers, origin: 'https://elsewhere.example' }, body },
      403,
    )
    await refuse(operation, { headers: { ...headers, host: 'elsewhere.example' }, body }, 403)
  }
  await nothingChanged()
})
