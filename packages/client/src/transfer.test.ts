// Exports and imports, over real connections and a fake clock-less net: what is tried again, and what is not.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createTallymeshClient, type TallymeshClient } from './client.ts'
import { createNet, json, problem, refused } from './testing/fake-fetch.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const LINES = { 'content-type': 'application/x-ndjson' }
const EXPORT = ['{"format":1}\n', '{"key":1}\n', '{"end":{"lines":3,"counters":1,"slots":1}}\n']
const NOBODY = 'http://127.0.0.1:8'
const notReady: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/problem+json' })
  response.end(JSON.stringify({ code: 'ERR_NOT_READY', detail: 'still loading' }))
}
const exporting: RequestListener = (_request, response) => {
  response.writeHead(200, LINES)
  for (const line of EXPORT) response.write(line)
  response.end()
}

const gather = async (
  client: TallymeshClient,
): Promise<{ text: string; result: unknown; error: unknown }> => {
  let text = ''
  const sink = async (bytes: Uint8Array): Promise<void> => {
    text += new TextDecoder().decode(bytes)
  }
  try {
    return { result: await client.exportTo(sink), text, error: undefined }
  } catch (error) {
    return { result: undefined, text, error }
  }
}

const clientOf = (...urls: string[]): TallymeshClient => createTallymeshClient({ urls, retries: 0 })

test('an export comes from the first peer that is ready, and says what it held', async () => {
  const client = clientOf(NOBODY, await serve(notReady), await serve(exporting))
  const { text, result } = await gather(client)
  expect(text).toBe(EXPORT.join(''))
  expect(result).toEqual({ counters: 1, slots: 1, bytes: text.length })
})

test('an export that breaks off is not tried again: its sink has the half of it', async () => {
  let asked = 0
  const url = await serve((_request, response) => {
    asked++
    response.writeHead(200, LINES)
    response.write(EXPORT[0], () => response.destroy())
  })
  const { text, error } = await gather(clientOf(url, await serve(exporting)))
  expect({ text, asked }).toEqual({ text: EXPORT[0], asked: 1 })
  expect(error).toMatchObject({
    code: 'ERR_INCOMPLETE',
    detail: expect.stringContaining('the export broke off at'),
  })
})

test('one that ends well, but too soon, is not whole either', async () => {
  const { error } = await gather(
    clientOf(
      await serve((_request, response) => {
        response.writeHead(200, LINES).end(EXPORT[0])
      }),
    ),
  )
  expect(error).toMatchObject({ code: 'ERR_INCOMPLETE' })
})

test('what is no export is told apart', async () => {
  const { error } = await gather(clientOf(await serve((_request, response) => response.end('{}'))))
  expect(error).toMatchObject({ code: 'ERR_NOT_A_PEER' })
})

test('a peer that stands still is given up', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, LINES).write(EXPORT[0])
  })
  const call = clientOf(url).exportTo(() => undefined, { stallMs: 50 })
  await expect(call).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
})

test('what the sink throws is thrown, and a sink that takes its time is no stall', async () => {
  const url = await serve(exporting)
  const full = new Error('the disk is full')
  await expect(clientOf(url).exportTo(() => Promise.reject(full))).rejects.toBe(full)
  let waitMs = 1500
  const slow = async (): Promise<void> => {
    await pause(waitMs)
    waitMs = 0
  }
  await clientOf(url).exportTo(slow, { stallMs: 1000 })
})

/** What it was sent, and then the answer to it. */
const importing =
  (sent: string[], status = 200): RequestListener =>
  async (request, response) => {
    if (request.url === '/readyz') return void response.end('{"status":"ready"}')
    expect(request.headers['content-type']).toBe('application/x-ndjson')
    let text = ''
    for await (const piece of request) text += String(piece)
    sent.push(`${request.url} ${text}`)
    const body =
      status === 200
        ? { counters: 1, slots: 2, changed: 1 }
        : { code: 'ERR_STORE_WRITE', detail: 'full' }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
  for (const line of EXPORT) yield new TextEncoder().encode(line)
}

test('an import is sent in pieces, and says what it did', async () => {
  const sent: string[] = []
  const client = clientOf(await serve(importing(sent)))
  expect(await client.importFrom(pieces)).toEqual({ counters: 1, slots: 2, changed: 1 })
  await client.importFrom(pieces(), { anyNamespace: true })
  expect(sent).toEqual([
    `/v1/import ${EXPORT.join('')}`,
    `/v1/import?anyNamespace=true ${EXPORT.join('')}`,
  ])
})

test('what can be read again is sent to the next peer, and what can not is not', async () => {
  const sent: string[] = []
  const client = clientOf(await serve(importing(sent, 503)), await serve(importing(sent)))
  await expect(client.importFrom(pieces())).rejects.toMatchObject({ code: 'ERR_STORE_WRITE' })
  expect(sent).toHaveLength(1)
  expect(await client.importFrom(pieces)).toMatchObject({ changed: 1 })
  expect(sent).toHaveLength(3)
})

test('what can be read only once goes to a peer that answers', async () => {
  const sent: string[] = []
  const client = clientOf(NOBODY, await serve(notReady), await serve(importing(sent)))
  expect(await client.importFrom(pieces())).toMatchObject({ changed: 1 })
})

test('a refusal comes through though the source has no end', async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) yield new Uint8Array(1000)
  }
  const url = await serve((request, response) => {
    if (request.url === '/readyz') return void response.end('{"status":"ready"}')
    response.writeHead(400, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ code: 'ERR_MALFORMED', detail: 'line 1: no' }))
  })
  await expect(clientOf(url).importFrom(endless())).rejects.toMatchObject({
    code: 'ERR_MALFORMED',
    detail: 'line 1: no',
  })
})

test('what the source throws is thrown', async () => {
  const gone = new Error('the file is gone')
  // It throws before it has anything to yield.
  // oxlint-disable-next-line require-yield
  async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
    throw gone
  }
  await expect(clientOf(await serve(importing([]))).importFrom(broken)).rejects.toBe(gone)
})

test('a peer that still loads is asked again, as often as any call', async () => {
  const net = createNet(
    problem(503, 'ERR_NOT_READY', {}, { 'retry-after': '1' }),
    refused,
    json(200, { counters: 1, slots: 1, changed: 0 }),
  )
  const client = createTallymeshClient({ urls: 'http://a:1', ...net })
  expect(await client.importFrom(pieces)).toMatchObject({ changed: 0 })
  expect(net.sent[1]!.at).toBeGreaterThanOrEqual(1000)
})
