// Watching, against a server that speaks as a peer does, and hangs up in the middle.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createIo, type FakeIo } from './io.fake.ts'
import { run } from './program.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Each request gets the next answer; the last one goes on. */
const serve = async (...answers: readonly Answer[]): Promise<string> => {
  let at = 0
  const server = createServer((request, response) => {
    answers[Math.min(at++, answers.length - 1)]!(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const change = (id: string, key: string, value: string, ops = 1): string =>
  `id: ${id}\nevent: change\ndata: ${JSON.stringify({ key, value, ops })}\n\n`

const say =
  (text: string, { hangUp = false } = {}): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(`: hello\n\n${text}`, () => {
      if (hangUp) response.destroy()
    })
  }

const start = (io: FakeIo, ...args: string[]): Promise<number> => run(['watch', ...args], io)

test('prints a line for each change, and ends well when it is told to', async () => {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(`${request.url}`)
    say(change('1', 'stock/a', '5') + change('2', 'stock/b', '-123456789012345678901', 3))(
      request,
      response,
    )
  })
  const io = createIo()
  const ended = start(io, 'stock/', '--url', url)
  await vi.waitFor(() => expect(io.outs).toHaveLength(2), 10_000)
  io.stop()
  expect(await ended).toBe(0)
  expect(io.outs).toEqual(['5  1  stock/a', '-123456789012345678901  3  stock/b'])
  expect(asked).toEqual(['/v1/watch?prefix=stock%2F'])
})

test('with --json, prints what came as it came', async () => {
  const url = await serve(say(change('1', 'a\u001b[2J', '5')))
  const io = createIo()
  const ended = start(io, '--url', url, '--json')
  await vi.waitFor(() => expect(io.outs).toHaveLength(1), 10_000)
  io.stop()
  await ended
  expect(JSON.parse(io.outs[0]!)).toEqual({ key: 'a\u001b[2J', value: '5', ops: 1 })
})

test('after a cut it goes on after the last event that it had, and says so', async () => {
  const ids: (string | undefined)[] = []
  const note =
    (answer: Answer): Answer =>
    (request, response) => {
      ids.push(request.headers['last-event-id'] as string | undefined)
      answer(request, response)
    }
  const url = await serve(
    note(say(change('7-1', 'a', '1'), { hangUp: true })),
    note((_, response) => void response.writeHead(503).end()),
    note(say(change('7-2', 'a', '2'))),
  )
  const io = createIo()
  const ended = start(io, '--url', url)
  await vi.waitFor(() => expect(io.outs).toEqual(['1  1  a', '2  1  a']), 10_000)
  io.stop()
  expect(await ended).toBe(0)
  expect(ids).toEqual([undefined, '7-1', '7-1'])
  expect(io.notes).toEqual(['the peer is gone; trying again'])
})

test('shows its token, and what the peer refuses is a failure with its code', async () => {
  const refuse: Answer = ({ headers }, response) => {
    const detail = `the token ${headers.authorization} is not known here`
    response.writeHead(401, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ status: 401, code: 'ERR_UNAUTHORIZED', detail }))
  }
  const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
  const folder = mkdtempSync('/tmp/tallymesh-token-')
  writeFileSync(`${folder}/t`, `# ours\nread ${'r'.repeat(16)}\nwrite ${'w'.repeat(16)}\n`)
  const url = await serve(refuse)
  const io = createIo()
  const code = await start(io, '--url', url, '--token', `${folder}/t`, '--json')
  rmSync(folder, { recursive: true })
  expect(code).toBe(1)
  expect(JSON.parse(io.notes[0]!)).toEqual({
    detail: `the token Bearer ${'w'.repeat(16)} is not known here`,
    code: 'ERR_UNAUTHORIZED',
  })
})

test('where no peer answers it fails, and says how to start one', async () => {
  const io = createIo()
  expect(await start(io, '--url', 'http://127.0.0.1:9', '--retries', '1')).toBe(1)
  expect(io.notes.join()).toMatch(/no peer answers at .*tallymesh peer/)
})

test('on a terminal it is a picture of what moves the most', async () => {
  const busy = Array.from({ length: 20 }, (_, at) => change(`${at}`, 'busy', `${at}`, at + 1))
  const url = await serve(say(change('0', 'calm', '1') + busy.join('')))
  const io = createIo({}, true)
  const ended = start(io, '--url', url)
  await vi.waitFor(() => expect(io.screens.at(-1)?.join('\n')).toMatch(/busy[^]*calm/), 10_000)
  io.stop()
  expect(await ended).toBe(0)
  expect(io.outs).toEqual([])
  expect(io.screens.at(-1)!.join('\n')).toMatch(
    /A SECOND +VALUE +OPS +KEY\n█+ +\d+\.\d +19 +20 +busy/,
  )
})
