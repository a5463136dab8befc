// A peer that is still loading its store.
import { expect, test } from 'vitest'
import { expectProblem, get, incrementUrl, post } from './requests.fake.ts'
import { createLoadingPeer } from './server.fake.ts'

test('until its store is loaded, a peer is alive, not ready, and says how far it is', async () => {
  const { app, readiness, serve } = await createLoadingPeer()
  readiness.loaded(4711)
  expect((await get(app, '/healthz')).body).toEqual({ status: 'ok' })
  const answer = await get(app, '/readyz')
  expect(expectProblem(answer, 503, 'ERR_NOT_READY')).toMatch(/4711 records so far/)
  expect(answer.body['records']).toBe(4711)
  serve()
  expect((await get(app, '/readyz')).body).toEqual({ status: 'ready' })
})

test.each([
  ['GET', '/v1/counters'],
  ['GET', '/v1/counters/a'],
  ['POST', incrementUrl('a')],
  ['POST', '/v1/increments'],
  ['GET', '/v1/count'],
  ['POST', '/v1/count/increment'],
  ['GET', '/v1/status'],
])('meanwhile, %s %s is refused with when to come back', async (method, url) => {
  const { app, service, serve } = await createLoadingPeer()
  const body = url === '/v1/increments' ? { increments: [{ key: 'a', value: 1 }] } : {}
  const send = () => (method === 'GET' ? get(app, url) : post(app, url, body))
  const answer = await send()
  expectProblem(answer, 503, 'ERR_NOT_READY')
  expect(answer.headers['retry-after']).toBe('1')
  expect(service.seq).toBe(0)
  serve()
  expect((await send()).status).toBe(200)
})

test('what has no replica to ask is served as ever', async () => {
  const { app } = await createLoadingPeer()
  expect((await app.inject('/openapi.json')).statusCode).toBe(200)
  expect((await app.inject('/')).body).toContain('npm run build')
  expectProblem(await get(app, '/v1/nothing'), 404, 'ERR_NOT_FOUND')
})
