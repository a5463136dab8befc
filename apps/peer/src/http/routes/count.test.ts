import { beforeEach, expect, test } from 'vitest'
import { expectProblem, get, post } from '../requests.fake.ts'
import { createFakePeer, type FakePeer } from '../server.fake.ts'

let peer: FakePeer
beforeEach(async () => {
  peer = await createFakePeer()
})

test('counts one shared counter', async () => {
  expect((await get(peer.app, '/v1/count')).body).toEqual({ value: '0', ops: 0 })
  const url = '/v1/count/increment'
  expect((await post(peer.app, url, {})).body).toEqual({ value: '1', ops: 1 })
  expect((await post(peer.app, url, { value: '-10' })).body).toEqual({ value: '-9', ops: 2 })
  expect((await get(peer.app, '/v1/count')).body).toEqual({ value: '-9', ops: 2 })
  expect((await get(peer.app, '/v1/counters/count')).body['value']).toBe('-9')
})

test('refuses what the other increments refuse', async () => {
  const answer = await post(peer.app, '/v1/count/increment', { value: 1.5 })
  expectProblem(answer, 400, 'ERR_INVALID_ARGUMENT')
})
