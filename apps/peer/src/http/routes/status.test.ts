import { TallymeshError } from '@tallymesh/core'
import { expect, test } from 'vitest'
import { expectProblem, get, post } from '../requests.fake.ts'
import { createFakePeer } from '../server.fake.ts'

test('status is that of the service and of the process', async () => {
  const { app, service } = await createFakePeer()
  expect((await get(app, '/v1/status')).body).toEqual({
    ...service.status(),
    listen: ['/ip4/127.0.0.1/tcp/1/ws/p2p/fake'],
    http: 'http://127.0.0.1:8390',
    version: '0.0.0',
    uptimeMs: 5,
  })
})

test('a store that can not write makes the peer alive but not ready', async () => {
  const { app, service } = await createFakePeer()
  expect((await get(app, '/readyz')).body).toEqual({ status: 'ready' })
  service.storeTrouble = 'the disk is full'
  expectProblem(await get(app, '/readyz'), 503, 'ERR_STORE_WRITE')
  expect((await get(app, '/healthz')).body).toEqual({ status: 'ok' })
})

test('a write that the store refuses is a 503 that says when to come back', async () => {
  const { app, service } = await createFakePeer()
  service.failure = new TallymeshError('ERR_STORE_WRITE', 'the disk is full')
  const answer = await post(app, '/v1/count/increment', {})
  expect(expectProblem(answer, 503, 'ERR_STORE_WRITE')).toBe('the disk is full')
  expect(answer.headers['retry-after']).toBe('1')
})

test('an error that nobody meant for the outside stays inside', async () => {
  const { app, service } = await createFakePeer()
  service.failure = new Error('secret path')
  const answer = await post(app, '/v1/count/increment', {})
  expect(expectProblem(answer, 500, 'ERR_INTERNAL')).not.toMatch(/secret/)
})
