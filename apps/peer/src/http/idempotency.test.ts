import { beforeEach, expect, test } from 'vitest'
import { type Answer, expectProblem, incrementUrl, JSON_HEADERS, post } from './requests.fake.ts'
import { createFakePeer, type FakePeer } from './server.fake.ts'

let peer: FakePeer
beforeEach(async () => {
  peer = await createFakePeer()
})

const send = (url: string, body: object, key?: string): Promise<Answer> =>
  post(peer.app, url, body, {
    ...JSON_HEADERS,
    ...(key !== undefined && { 'idempotency-key': key }),
  })

test.each([incrementUrl('a'), '/v1/count/increment'])('%s counts a key once', async (url) => {
  await send(url, { value: 5 }, '"k-1"')
  await send(url, { value: 5 }, 'k-1')
  await send(url, { value: 5, requestId: 'k-1' })
  await send(url, { value: 5, requestId: 'k-1' }, '"k-1"')
  expect(peer.service.seq).toBe(1)
  expectProblem(await send(url, { value: 6 }, 'k-1'), 409, 'ERR_REQUEST_CONFLICT')
  await send(url, { value: 5 }, 'k-2')
  expect(peer.service.seq).toBe(2)
})

test('a batch counts each of its items once', async () => {
  const increments = [
    { key: 'a', value: 1 },
    { key: 'a', value: 1 },
    { key: 'b', value: 2, requestId: 'own' },
  ]
  const first = await send('/v1/increments', { increments }, 'k')
  const again = await send('/v1/increments', { increments }, 'k')
  const duplicates = ({ body }: Answer): unknown =>
    (body['results'] as { duplicate: boolean }[]).map(({ duplicate }) => duplicate)
  expect(duplicates(first)).toEqual([false, false, false])
  expect(duplicates(again)).toEqual([true, true, true])
  expect([...peer.service.requests.keys()]).toEqual(['k#0', 'k#1', 'own'])
})

test('what contradicts itself, or is no key, is refused', async () => {
  const url = incrementUrl('a')
  const differs = await send(url, { requestId: 'x' }, 'y')
  expect(expectProblem(differs, 400, 'ERR_INVALID_ARGUMENT')).toMatch(/differ/)
  for (const key of ['', '""', 'é', 'k'.repeat(129), 'k'.repeat(1000)])
    expectProblem(await send(url, {}, key), 400, 'ERR_INVALID_ARGUMENT')
  const increments = [{ key: 'a', value: 1 }]
  const long = await send('/v1/increments', { increments }, 'k'.repeat(127))
  expect(expectProblem(long, 400, 'ERR_INVALID_ARGUMENT')).toMatch(/^increments\[0\]: .*128/)
  expect(peer.service.seq).toBe(0)
})
