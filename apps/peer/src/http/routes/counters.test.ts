import { QuorumUnavailableError } from '@tallymesh/sync'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { expectProblem, get, incrementUrl, post } from '../requests.fake.ts'
import { createFakePeer, type FakePeer } from '../server.fake.ts'
import { isKey } from '../service.fake.ts'

let peer: FakePeer
beforeEach(async () => {
  peer = await createFakePeer()
})

const increment = (key: string, body: unknown) => post(peer.app, incrementUrl(key), body)
const read = (key: string) => get(peer.app, `/v1/counters/${encodeURIComponent(key)}`)

test('an increment answers with the counter', async () => {
  const { status, body } = await increment('views', { value: 5, requestId: 'r1' })
  expect(status).toBe(200)
  expect(body).toEqual({
    key: 'views',
    value: '5',
    ops: 1,
    replica: 'fake',
    seq: 1,
    duplicate: false,
  })
})

test('an increment without a value is by 1', async () => {
  expect((await increment('views', {})).body['value']).toBe('1')
})

test('a retry with its request id counts once, and another increment with it is refused', async () => {
  await increment('views', { value: 5, requestId: 'r1' })
  const retry = await increment('views', { value: 5, requestId: 'r1' })
  expect(retry.body).toMatchObject({ value: '5', duplicate: true })
  expectProblem(
    await increment('views', { value: 6, requestId: 'r1' }),
    409,
    'ERR_REQUEST_CONFLICT',
  )
})

test('any integer in either form is added exactly', async () => {
  const amount = fc.oneof(
    fc.maxSafeInteger().map((value) => ({ sent: value as number | string, exact: BigInt(value) })),
    fc
      .bigInt({ min: -(2n ** 1023n), max: 2n ** 1023n })
      .map((value) => ({ sent: value.toString() as number | string, exact: value })),
  )
  await fc.assert(
    fc.asyncProperty(amount, fc.uuid(), async ({ sent, exact }, key) => {
      expect((await increment(key, { value: sent })).body['value']).toBe(exact.toString())
    }),
  )
})

test.each([
  '1.5',
  '"abc"',
  '9007199254740993',
  '-9007199254740992',
  '1e400',
  '"1.0"',
  '"1e2"',
  '""',
  '"+5"',
  '"007"',
  '"-"',
  '" 5"',
  '"5\\n"',
  '"0x10"',
  '"５"',
  'null',
  'true',
  '[1]',
  '{}',
  '1.00000000000000000001',
])('a value of %s is refused, says what is allowed, and changes nothing', async (value) => {
  const detail = expectProblem(
    await increment('views', `{"value":${value}}`),
    400,
    'ERR_INVALID_ARGUMENT',
  )
  expect(detail).toMatch(/integer/)
  expect(peer.service.seq).toBe(0)
})

test('a value of more than 1,024 bits is refused', async () => {
  for (const value of ['9'.repeat(309), '9'.repeat(100_000), `-${'9'.repeat(310)}`]) {
    const detail = expectProblem(await increment('views', { value }), 400, 'ERR_INVALID_ARGUMENT')
    expect(detail).toMatch(/1,?024 bits/)
  }
})

test('a number past 2^53 says to send a string', async () => {
  const { body } = await increment('views', '{"value":9007199254740993}')
  expect(body['detail']).toMatch(/send it as a string/)
})

test.each([
  ['NaN', '{"value": NaN}'],
  ['a list', '[]'],
  ['null', 'null'],
  ['nothing', ''],
  ['an unknown field', '{"vaule": 1}'],
  ['__proto__', '{"__proto__": {"value": 1}}'],
  ['constructor', '{"constructor": {"prototype": {}}}'],
  ['an empty request id', '{"requestId": ""}'],
  ['a long request id', JSON.stringify({ requestId: 'é'.repeat(65) })],
  ['a request id that is a number', '{"requestId": 7}'],
  ['a lone surrogate', '{"requestId": "\\ud800"}'],
  ['an unknown ack', '{"ack": "most"}'],
  ['no time', '{"ack": "quorum", "timeoutMs": 0}'],
  ['too much time', '{"ack": "quorum", "timeoutMs": 60001}'],
  ['half a millisecond', '{"timeoutMs": 1.5}'],
])('a body with %s is refused and changes nothing', async (_what, body) => {
  expectProblem(await increment('views', body), 400, 'ERR_INVALID_ARGUMENT')
  expect(peer.service.seq).toBe(0)
})

test('of a field given twice the last holds, as JSON.parse has it', async () => {
  expect((await increment('views', '{"value":1,"value":7}')).body['value']).toBe('7')
})

const strangeKeys = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '🎉',
  'a/b',
  '../x',
  'with space',
  '\0',
  '%',
  '%2F',
  '?x=1',
  '#',
  ';a',
  ':key',
  '*',
  'increment',
  'a/increment',
  'Views',
  'é'.repeat(256),
  '😀'.repeat(128),
]

test.each(strangeKeys)('the key %j is a key like any other', async (key) => {
  expect((await increment(key, { value: 3 })).body).toMatchObject({ key, value: '3' })
  expect((await read(key)).body).toEqual({ key, value: '3', ops: 1, consistency: 'local' })
})

test('any key comes through the path as it was', async () => {
  const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 })
  await fc.assert(
    fc.asyncProperty(key, async (text) => {
      fc.pre(isKey(text) && text !== '.' && text !== '..')
      expect((await increment(text, {})).body['key']).toBe(text)
    }),
  )
})

test.each([
  ['an empty key', '/v1/counters//increment', /1 to 512/],
  ['513 bytes', `/v1/counters/${'a'.repeat(513)}/increment`, /1 to 512/],
  ['171 chars of 3 bytes', incrementUrl('€'.repeat(171)), /1 to 512/],
  ['a broken escape', '/v1/counters/%zz/increment', /percent-encoded/],
  ['half an escape', '/v1/counters/%2/increment', /percent-encoded/],
  ['bytes that are not UTF-8', '/v1/counters/%ff/increment', /UTF-8/],
  ['half a character', '/v1/counters/%F0%9F/increment', /UTF-8/],
  ['an encoded surrogate', '/v1/counters/%ED%A0%80/increment', /UTF-8/],
])('a path with %s is refused in plain words', async (_what, url, words) => {
  expect(expectProblem(await post(peer.app, url, {}), 400, 'ERR_INVALID_ARGUMENT')).toMatch(words)
  const reading = url.replace('/increment', '')
  expect(expectProblem(await get(peer.app, reading), 400, 'ERR_INVALID_ARGUMENT')).toMatch(words)
  expect(peer.service.seq).toBe(0)
})

test('a key never seen is 0', async () => {
  expect((await read('never')).body).toEqual({
    key: 'never',
    value: '0',
    ops: 0,
    consistency: 'local',
  })
})

test('ack, time limit and request id go to the service', async () => {
  await increment('a', { ack: 'quorum', timeoutMs: 50, requestId: 'r' })
  expect(peer.service.asked).toEqual([{ ack: 'quorum', requestId: 'r', timeoutMs: 50 }])
})

test('what has no majority is a 503 that says when to come back', async () => {
  for (const answer of [
    await increment('a', { ack: 'all' }),
    await get(peer.app, '/v1/counters/a?consistency=quorum&timeoutMs=60000'),
  ]) {
    expectProblem(answer, 503, 'ERR_QUORUM_UNAVAILABLE')
    expect(answer.headers['retry-after']).toBe('1')
  }
})

test('an increment that was recorded though its call failed says so', async () => {
  const details = { recorded: true, reached: ['one'], missed: ['two', 'three'] }
  peer.service.failure = new QuorumUnavailableError(details)
  expect((await increment('a', {})).body).toMatchObject(details)
})

test.each([
  'consistency=most',
  'consistancy=quorum',
  'consistency=local&consistency=all',
  'timeoutMs=0',
  'timeoutMs=60001',
  'timeoutMs=1e3',
  'timeoutMs=',
  '__proto__=1',
  'consistency=%ff',
])('a read with ?%s is refused', async (query) => {
  expectProblem(await get(peer.app, `/v1/counters/a?${query}`), 400, 'ERR_INVALID_ARGUMENT')
})

test('lists in key order, a page at a time', async () => {
  for (const key of ['b', 'a', 'é', 'c', '😀', '～']) await increment(key, {})
  const seen: unknown[] = []
  let after: string | undefined
  do {
    const query = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
    const { body } = await get(peer.app, `/v1/counters?limit=2${query}`)
    seen.push(...(body['counters'] as { key: string }[]).map(({ key }) => key))
    after = body['after'] as string | undefined
  } while (after !== undefined)
  expect(seen).toEqual(['a', 'b', 'c', 'é', '～', '😀'])
})

test('lists by prefix, with values as strings', async () => {
  await increment('a b+c', { value: '-12345678901234567890' })
  await increment('other', {})
  for (const prefix of ['a+b', 'a%20b', 'a%20b%2B'])
    expect((await get(peer.app, `/v1/counters?prefix=${prefix}&limit=1000`)).body).toEqual({
      counters: [{ key: 'a b+c', value: '-12345678901234567890', ops: 1 }],
    })
})

test.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=1.0', 'limit=', 'limit=1&limit=2', 'x=1'])(
  'a list with ?%s is refused',
  async (query) => {
    expectProblem(await get(peer.app, `/v1/counters?${query}`), 400, 'ERR_INVALID_ARGUMENT')
  },
)
