// Export and import over HTTP, on a real port.
import { type ClientRequest, request as httpRequest } from 'node:http'
import { DistributedKeyCounter, TallymeshError } from '@tallymesh/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listenHttp } from '../address.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { type Answer, expectProblem } from '../requests.fake.ts'
import { createFakePeer, type FakePeer } from '../server.fake.ts'

interface Served extends FakePeer {
  readonly url: string
}

const running: FakePeer[] = []
const serve = async (): Promise<Served> => {
  const peer = await createFakePeer()
  running.push(peer)
  return { ...peer, url: await listenHttp(peer.app.server, { host: '127.0.0.1', port: 0 }) }
}

let peer: Served
beforeEach(async () => {
  peer = await serve()
})
afterEach(async () => {
  for (const { app } of running.splice(0)) {
    app.server.closeAllConnections()
    await app.close()
  }
})

const LINES = { 'content-type': 'application/x-ndjson' }

const toAnswer = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: Object.fromEntries(response.headers),
  body: (await response.json()) as Record<string, unknown>,
})

const send = async (body: BodyInit, query = '', to = peer): Promise<Answer> =>
  toAnswer(await fetch(`${to.url}/v1/import${query}`, { method: 'POST', headers: LINES, body }))

const exportOf = async ({ url }: Served): Promise<string> => {
  const response = await fetch(`${url}/v1/export`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  return response.text()
}

const fill = (state: DistributedKeyCounter, keys = 3): void => {
  const other = new DistributedKeyCounter({ replica: 'other' })
  for (let i = 0; i < keys; i++)
    other.increment(`key ${i}`, i, i % 100 === 0 ? { requestId: `${i}` } : {})
  state.merge(other)
  state.increment('key 0', -5)
}

const rootOf = ({ service }: FakePeer): unknown => service.state.digest().root

test('an export goes into another peer, again and again, and is equal there', async () => {
  fill(peer.service.state)
  const text = await exportOf(peer)
  const other = await serve()
  expect((await send(text, '', other)).body).toEqual({ counters: 3, slots: 4, changed: 3 })
  expect(rootOf(other)).toEqual(rootOf(peer))
  expect((await send(text, '', other)).body).toEqual({ counters: 3, slots: 4, changed: 0 })
  expect(rootOf(other)).toEqual(rootOf(peer))
  expect((await exportOf(other)).split('\n').toSorted()).toEqual(text.split('\n').toSorted())
})

test('an empty peer exports what can be imported', async () => {
  const text = await exportOf(peer)
  expect(text.trimEnd().split('\n')).toHaveLength(2)
  expect((await send(text)).body).toEqual({ counters: 0, slots: 0, changed: 0 })
})

test('an export is of one moment, though the peer counts on while it is read', async () => {
  fill(peer.service.state, 20_000)
  const moment = rootOf(peer)
  const response = await fetch(`${peer.url}/v1/export`)
  const reader = response.body!.getReader()
  const pieces = [(await reader.read()).value!]
  for (let i = 0; i < 20_000; i++) peer.service.state.increment(`key ${i}`)
  for (let part = await reader.read(); !part.done; part = await reader.read())
    pieces.push(part.value)
  const other = await serve()
  expect((await send(new Blob(pieces), '', other)).status).toBe(200)
  expect(rootOf(other)).toEqual(moment)
})

test('a file of another namespace is refused, unless that is what is wanted', async () => {
  fill(peer.service.state)
  const other = await serve()
  const text = (await exportOf(peer)).replace('"namespace":"test"', '"namespace":"shop"')
  const refused = expectProblem(await send(text, '', other), 409, 'ERR_NAMESPACE_DIFFERS')
  expect(refused).toMatch(/"shop".*"test".*--any-namespace/)
  expect(other.service.state.size).toBe(0)
  expect((await send(text, '?anyNamespace=false', other)).status).toBe(409)
  expectProblem(await send(text, '?anyNamespace=1', other), 400, 'ERR_INVALID_ARGUMENT')
  expect((await send(text, '?anyNamespace=true', other)).status).toBe(200)
  expect(rootOf(other)).toEqual(rootOf(peer))
})

test('a file that was cut, or is wrong in its last slot, changes nothing', async () => {
  fill(peer.service.state, 5000)
  const other = await serve()
  const text = await exportOf(peer)
  const cut = text.slice(0, text.lastIndexOf('{"end"'))
  const problem = expectProblem(await send(cut, '', other), 400, 'ERR_MALFORMED')
  expect(problem).toMatch(/cut: it ends after 5002 lines/)
  const at = text.lastIndexOf('"total":"')
  const wrong = `${text.slice(0, at)}"total":"x${text.slice(at + 9)}`
  expect(expectProblem(await send(wrong, '', other), 400, 'ERR_MALFORMED')).toMatch(/^line 500\d: /)
  expect(other.service.state.size).toBe(0)
})

test('what is wrong at the beginning is said at once, however much would follow', async () => {
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull: (stream) => {
      sent++
      stream.enqueue(new TextEncoder().encode('{"a":1}\n'.repeat(1000)))
    },
  })
  const init = { method: 'POST', headers: LINES, body: endless, duplex: 'half' as const }
  const answer = await toAnswer(await fetch(`${peer.url}/v1/import`, init))
  expect(expectProblem(answer, 400, 'ERR_MALFORMED')).toMatch(/^line 1: it is none of an export/)
  expect(sent).toBeGreaterThan(0)
})

test('other bodies, and other types, are refused', async () => {
  const post = async (type: string, path: string): Promise<Answer> =>
    toAnswer(
      await fetch(peer.url + path, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{}',
      }),
    )
  const wrong = expectProblem(
    await post('application/json', '/v1/import'),
    415,
    'ERR_UNSUPPORTED_MEDIA_TYPE',
  )
  expect(wrong).toMatch(/x-ndjson/)
  const other = await post('application/x-ndjson', '/v1/count/increment')
  expect(expectProblem(other, 415, 'ERR_UNSUPPORTED_MEDIA_TYPE')).toMatch(/application\/json/)
  expectProblem(await send(''), 400, 'ERR_MALFORMED')
})

test('a peer that is no member imports nothing: the others would not take it from there', async () => {
  peer.facts.members = ['a', 'b']
  expectProblem(await send(await exportOf(peer)), 409, 'ERR_NOT_A_MEMBER')
  peer.facts.members = ['a', 'fake']
  expect((await send(await exportOf(peer))).status).toBe(200)
})

test('a store that refuses is a 503 that says to do it again', async () => {
  fill(peer.service.state)
  const text = await exportOf(peer)
  peer.service.failure = new TallymeshError('ERR_STORE_WRITE', 'the disk is full')
  const problem = expectProblem(await send(text), 503, 'ERR_STORE_WRITE')
  expect(problem).toMatch(/the disk is full; .*import it again/)
})

/** Sends the beginning of an import, and no more. */
const begin = (): ClientRequest => {
  const upload = httpRequest(`${peer.url}/v1/import`, { method: 'POST', headers: LINES })
  upload.on('error', () => undefined)
  upload.write('{')
  return upload
}

test('only so many at a time; one that breaks off makes room', async () => {
  const uploads = Array.from({ length: HTTP_LIMITS.imports }, begin)
  // Until both have arrived, it is told that it sent nothing.
  await expect.poll(async () => (await send('')).status).toBe(429)
  const answer = await send('')
  expectProblem(answer, 429, 'ERR_BUSY')
  expect(answer.headers['retry-after']).toBe('1')
  for (const upload of uploads) upload.destroy()
  await expect.poll(async () => (await send('')).status).toBe(400)
})

test('an export that nobody reads to its end makes room, too', async () => {
  fill(peer.service.state, 50_000)
  const readers = await Promise.all(
    Array.from({ length: HTTP_LIMITS.exports }, () => fetch(`${peer.url}/v1/export`)),
  )
  const answer = await toAnswer(await fetch(`${peer.url}/v1/export`))
  expectProblem(answer, 429, 'ERR_BUSY')
  for (const { body } of readers) await body!.cancel()
  await expect
    .poll(async () => {
      const response = await fetch(`${peer.url}/v1/export`)
      await response.body!.cancel()
      return response.status
    })
    .toBe(200)
})
