import { beforeEach, expect, test } from 'vitest'
import { expectProblem, get, post } from '../requests.fake.ts'
import { createFakePeer, type FakePeer } from '../server.fake.ts'

let peer: FakePeer
beforeEach(async () => {
  peer = await createFakePeer()
})

const send = (body: unknown) => post(peer.app, '/v1/increments', body)

test('records all, the keys that a path can not name among them', async () => {
  const increments = [
    { key: '.', value: 1 },
    { key: '..', value: '-3' },
    { key: '__proto__', value: 0, requestId: 'r' },
  ]
  const { status, body } = await send({ increments })
  expect(status).toBe(200)
  expect(body['results']).toMatchObject([
    { key: '.', value: '1', ops: 1, seq: 1 },
    { key: '..', value: '-3', ops: 1, seq: 2 },
    { key: '__proto__', value: '0', ops: 1, seq: 3, duplicate: false },
  ])
})

const good = { key: 'a', value: 1 }

test.each([
  ['a bad value', [good, { key: 'a', value: 1.5 }], /increments\[1\]\.value .*1\.5/],
  ['a long value', [good, { key: 'a', value: '9'.repeat(309) }], /increments\[1\].*1,?024 bits/],
  ['no value', [{ key: 'a' }], /increments\[0\] lacks "value"/],
  ['no key', [good, { value: 1 }], /increments\[1\] lacks "key"/],
  ['an empty key', [good, { key: '', value: 1 }], /increments\[1\]\.key .*1 to 512/],
  ['a long key', [good, { key: 'é'.repeat(257), value: 1 }], /increments\[1\].*1 to 512/],
  ['a lone surrogate', [good, { key: '\ud800', value: 1 }], /increments\[1\].*surrogate/],
  ['an unknown field', [{ key: 'a', value: 1, ack: 'all' }], /increments\[0\] has "ack"/],
  ['no increment', [], /1 to 1000/],
  ['1,001 increments', Array.from({ length: 1001 }, () => good), /1 to 1000/],
  ['no list', {}, /1 to 1000/],
])('a batch with %s is refused whole, and says where', async (_what, increments, words) => {
  expect(expectProblem(await send({ increments }), 400, 'ERR_INVALID_ARGUMENT')).toMatch(words)
  expect(peer.service.seq).toBe(0)
  expect((await get(peer.app, '/v1/counters')).body).toEqual({ counters: [] })
})

test('1,000 increments of long keys fit', async () => {
  const key = 'é'.repeat(256)
  const { status, body } = await send({
    increments: Array.from({ length: 1000 }, () => ({ key, value: '9'.repeat(300) })),
  })
  expect(status).toBe(200)
  expect(body['results']).toHaveLength(1000)
})

test('passes ack on', async () => {
  expectProblem(await send({ increments: [good], ack: 'quorum' }), 503, 'ERR_QUORUM_UNAVAILABLE')
})
