// What a peer logs at its most talkative, and what it keeps to itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLogger, type Who } from './log.ts'
import { startPeer } from './peer.ts'

type Line = Readonly<Record<string, unknown>>

const collect = (level: string, who: Who = {}) => {
  const lines: string[] = []
  const to = { write: (line: string) => void lines.push(line) }
  const logger = createLogger(level, { who: () => who, to })
  return {
    logger,
    who,
    text: () => lines.join(''),
    lines: () => lines.map((l) => JSON.parse(l) as Line),
  }
}

test('each line says whose it is, and others that it is about by other names', () => {
  const { logger, lines } = collect('info', { peer: 'me', replica: 'me.2' })
  logger.info('well')
  logger.info({ peer: 'you', replica: 'you.3', slots: 3 }, 'caught up')
  expect(lines()[0]).toMatchObject({ peer: 'me', replica: 'me.2', msg: 'well' })
  expect(lines()[1]).toMatchObject({
    peer: 'me',
    replica: 'me.2',
    remote: 'you',
    ofReplica: 'you.3',
    slots: 3,
  })
})

test('a failure is logged with its route, and without what was sent', () => {
  const { logger, lines, text } = collect('error')
  const req = {
    method: 'POST',
    url: '/v1/counters/private/increment',
    routeOptions: { url: '/v1/counters/:key/increment' },
    headers: { authorization: 'Bearer secret' },
    body: { value: 1 },
  }
  logger.error({ err: new Error('broken'), req }, 'request failed')
  expect(lines()[0]).toMatchObject({
    req: { method: 'POST', route: '/v1/counters/:key/increment' },
    err: { message: 'broken' },
  })
  expect(text()).not.toMatch(/secret|private|value/)
})

test('neither tokens nor keys nor bodies are in it, at any level, whatever is asked', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tallymesh-log-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  const [reader, writer] = ['reader-of-everything', 'writer-of-everything']
  const tokenFile = join(data, 'tokens')
  writeFileSync(tokenFile, `read ${reader}\nwrite ${writer}\n`, { mode: 0o644 })
  const { logger, who, text, lines } = collect('trace')
  const peer = await startPeer({
    data,
    namespace: 'test',
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers: [],
    members: [],
    http: { host: '127.0.0.1', port: 0 },
    tokenFile,
    logger,
    who,
    signal: new AbortController().signal,
  })
  const ask = async (path: string, token: string, body?: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = body === undefined ? {} : { method: 'POST', body }
    return (await fetch(peer.http + path, { headers, ...init })).status
  }
  const path = '/v1/counters/delicate-key/increment'
  const body = '{"value":4711,"requestId":"delicate-request"}'
  const statuses = [
    await ask(path, writer, body),
    await ask(path, reader, body),
    await ask(path, 'wrong-token-altogether', body),
    await ask(path, writer, '{"value":"delicate-value"}'),
    await ask(path, writer, 'delicate, and no JSON'),
    await ask('/v1/counters/delicate-key', reader),
    await ask('/delicate-path', reader),
  ]
  expect(statuses).toEqual([200, 403, 401, 400, 400, 200, 404])
  await peer.stop()
  expect(text()).toMatch(/others can read the tokens/)
  expect(text()).not.toMatch(/reader-of|writer-of|wrong-token|delicate|4711/)
  const answered = lines().filter(({ msg }) => msg === 'answered')
  expect(answered).toHaveLength(statuses.length)
  for (const line of lines()) expect(line['peer']).toBe(peer.peerId)
  for (const line of answered) expect(line['replica']).toBe(peer.replica)
})
