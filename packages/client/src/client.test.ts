// Each method: what it sends, and what it makes of the answer.
import { expect, test } from 'vitest'
import { createTallymeshClient, type TallymeshClient } from './client.ts'
import { createRequestId } from './request-id.ts'
import type { ClientOptions } from './settings.ts'
import { counted, createNet, type FakeNet, json, RESULT } from './testing/fake-fetch.ts'

const clientOf = (net: FakeNet, options: Partial<ClientOptions> = {}): TallymeshClient =>
  createTallymeshClient({ urls: 'http://a:1/base', ...net, ...options })

const pathOf = ({ sent }: FakeNet, at = 0): string => sent[at]!.url.slice('http://a:1'.length)

test('an increment is a POST of JSON below the URL, with the token, digits and a fresh id', async () => {
  const key = 'a/b é%'
  const net = createNet(json(200, { ...RESULT, key }))
  const client = clientOf(net, { token: 't0k' })
  await client.increment(key, -(2n ** 80n), { ack: 'local' })
  await client.increment(key)
  const [first, second] = net.sent
  expect(pathOf(net)).toBe('/base/v1/counters/a%2Fb%20%C3%A9%25/increment')
  expect(first!.init).toMatchObject({
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: 'Bearer t0k', 'content-type': 'application/json' },
  })
  expect(first!.body).toEqual({
    value: '-1208925819614629174706176',
    requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    ack: 'local',
  })
  expect(second!.body['value']).toBe('1')
  expect(second!.body['requestId']).not.toBe(first!.body['requestId'])
})

test.each(['.', '..'])('the key %j goes by the batch and the list', async (key) => {
  const net = createNet(json(200, { results: [{ ...RESULT, key }] }))
  expect(await clientOf(net).increment(key, 5)).toMatchObject({ key, value: 5n })
  expect(pathOf(net)).toBe('/base/v1/increments')
  const empty = createNet(json(200, { counters: [] }))
  expect(await clientOf(empty).get(key)).toEqual({ key, value: 0n, ops: 0, consistency: 'local' })
  await expect(clientOf(empty).get(key, { consistency: 'all' })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  })
})

test('a batch has an id for each of its increments', async () => {
  const results = [RESULT, { ...RESULT, key: 'b' }]
  const net = createNet(json(200, { results }))
  const increments = [
    { key: 'a', amount: 2 },
    { key: 'b', requestId: 'mine' },
  ]
  const found = await clientOf(net).incrementAll(increments)
  expect(found.map(({ key, value }) => [key, value])).toEqual([
    ['a', 5n],
    ['b', 5n],
  ])
  const id = expect.stringMatching(/^[0-9a-f]{32}$/) as unknown
  expect(net.sent[0]!.body).toEqual({
    increments: [
      { key: 'a', value: '2', requestId: id },
      { key: 'b', value: '1', requestId: 'mine' },
    ],
  })
  const short = createNet(json(200, { results: [RESULT] }))
  await expect(clientOf(short).incrementAll(increments)).rejects.toMatchObject({
    code: 'ERR_NOT_A_PEER',
    requestIds: [id, 'mine'],
  })
  expect(await clientOf(short).incrementAll([])).toEqual([])
})

test('get asks as strongly as it is told', async () => {
  const net = createNet(json(200, { key: 'a', value: '7', ops: 2, consistency: 'quorum' }))
  const read = await clientOf(net).get('a', { consistency: 'quorum', quorumMs: 50 })
  expect(read).toEqual({ key: 'a', value: 7n, ops: 2, consistency: 'quorum' })
  expect(pathOf(net)).toBe('/base/v1/counters/a?consistency=quorum&timeoutMs=50')
})

test('counters goes through every page', async () => {
  const counter = (key: string): object => ({ key, value: '1', ops: 1 })
  const net = createNet(
    json(200, { counters: [counter('x1'), counter('x&2')], after: 'x&2' }),
    json(200, { counters: [counter('x3')] }),
  )
  const keys: string[] = []
  for await (const { key } of clientOf(net).counters({ prefix: 'x' })) keys.push(key)
  expect(keys).toEqual(['x1', 'x&2', 'x3'])
  expect(pathOf(net, 1)).toBe('/base/v1/counters?prefix=x&limit=1000&after=x%262')
})

test.each([
  { counters: [], after: 'a' },
  { counters: [{ key: 'a', value: '1', ops: 1 }], after: 'b' },
  { counters: [1] },
  { counters: {} },
])('the page %j would go in circles, or is none', async (page) => {
  await expect(clientOf(createNet(json(200, page))).list()).rejects.toMatchObject({
    code: 'ERR_NOT_A_PEER',
    outcome: undefined,
  })
})

test('the shared counter', async () => {
  const net = createNet(json(200, { value: '3', ops: 1 }))
  expect(await clientOf(net).count()).toEqual({ value: 3n, ops: 1 })
  expect(await clientOf(net).incrementCount(3)).toEqual({ value: 3n, ops: 1 })
  expect(net.sent[1]!.body).toMatchObject({ value: '3', requestId: expect.any(String) })
})

test('status passes on more than it checks', async () => {
  const status = {
    replica: 'r',
    peerId: 'p',
    namespace: 'n',
    version: '1',
    http: 'h',
    listen: ['l'],
    uptimeMs: 1,
    root: '00',
    more: 1,
  }
  expect(await clientOf(createNet(json(200, status))).status()).toEqual(status)
  const lacking = createNet(json(200, { ...status, listen: [1] }))
  await expect(clientOf(lacking).status()).rejects.toMatchObject({ code: 'ERR_NOT_A_PEER' })
})

test.each<[string, (client: TallymeshClient) => Promise<unknown>]>([
  ['an empty key', (client) => client.increment('')],
  ['a long key', (client) => client.get('é'.repeat(257))],
  ['a lone surrogate', (client) => client.get('\ud800')],
  ['a fraction', (client) => client.increment('a', 1.5)],
  ['a number that may have lost digits', (client) => client.increment('a', 2 ** 53)],
  ['a huge amount', (client) => client.increment('a', 2n ** 1024n)],
  ['an empty request id', (client) => client.increment('a', 1, { requestId: '' })],
  ['no time', (client) => client.count({ timeoutMs: 0 })],
])('%s is refused before anything is sent', async (_name, call) => {
  const net = createNet(counted)
  const refusal = { code: 'ERR_INVALID_ARGUMENT', attempts: [], outcome: 'not-applied' }
  await expect(call(clientOf(net))).rejects.toMatchObject(refusal)
  expect(net.sent).toEqual([])
})

test.each<Partial<ClientOptions>>([
  { urls: [] },
  { urls: 'ftp://a' },
  { urls: 'a' },
  { urls: 'http://a/?b' },
  { urls: 'http://u:p@a/' },
  { token: 'a b' },
  { token: '' },
  { retries: -1 },
  { retries: 0.5 },
  { timeoutMs: Infinity },
  { attemptMs: 0 },
])('the options %o are refused', (options) => {
  expect(() => createTallymeshClient({ urls: 'http://a', ...options })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
  )
})

test('request ids are 128 bits, and do not repeat', () => {
  const ids = Array.from({ length: 1000 }, createRequestId)
  expect(new Set(ids).size).toBe(1000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/)
})
