// What the client decides: whom to ask, when again, and what became of the increment.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTallymeshClient, type IncrementOptions, type TallymeshClient } from './client.ts'
import { TallymeshClientError } from './errors.ts'
import { waitMs } from './retry.ts'
import type { ClientOptions } from './settings.ts'
import {
  type Answer,
  counted,
  createNet,
  type FakeNet,
  hang,
  json,
  problem,
  refused,
  reset,
  RESULT,
  text,
} from './testing/fake-fetch.ts'

const A = 'http://a:1/'
const B = 'http://b:1/'

const clientOf = (net: FakeNet, options: Partial<ClientOptions> = {}): TallymeshClient =>
  createTallymeshClient({ urls: [A, B], random: () => 0.5, ...net, ...options })

const failureOf = async (call: Promise<unknown>): Promise<TallymeshClientError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TallymeshClientError) return error
  throw new Error('the call did not fail as it should', { cause: error })
}

const fail = (
  answers: readonly Answer[],
  options: Partial<ClientOptions> = {},
  more: IncrementOptions = {},
): Promise<TallymeshClientError> =>
  failureOf(clientOf(createNet(...answers), options).increment('a', 1, more))

test.each([
  ['refused', refused],
  ['reset', reset],
  ['hangs', hang],
  ['429', problem(429, 'ERR_BUSY')],
  ['502 of a gateway', text(502, '<html>')],
  ['503', problem(503, 'ERR_NOT_READY')],
  ['504 of a gateway', text(504, '')],
])('%s: the next peer is asked, with the same request id', async (_name, answer) => {
  const net = createNet(answer, counted)
  expect(await clientOf(net).increment('a')).toEqual({ ...RESULT, value: 5n })
  expect(net.sent.map(({ url }) => new URL(url).host)).toEqual(['a:1', 'b:1'])
  expect(new Set(net.sent.map(({ body }) => body['requestId'])).size).toBe(1)
})

test.each([400, 401, 403, 404, 405, 409, 413, 415, 500])('%i is final', async (status) => {
  const net = createNet(problem(status, 'ERR_SOME', { extra: 1 }))
  const error = await failureOf(clientOf(net).increment('a', 1, { requestId: 'r' }))
  expect(net.sent).toHaveLength(1)
  expect(error).toMatchObject({ status, code: 'ERR_SOME', detail: 'so it is', requestId: 'r' })
  expect(error.outcome).toBe(status === 500 ? 'unknown' : 'not-applied')
  expect(error.problem).toMatchObject({ extra: 1 })
  expect(error.attempts).toEqual([{ url: A, code: 'ERR_SOME', detail: 'so it is', status }])
})

test.each([
  ['text', text(200, 'hello')],
  ['an empty body', text(200, '')],
  ['JSON of another kind', json(200, { ok: true })],
  ['a list', json(200, [])],
  ['another key', json(200, { ...RESULT, key: 'b' })],
  ['a value that is a number', json(200, { ...RESULT, value: 5 })],
  ['a value that is no integer', json(200, { ...RESULT, value: '1e3' })],
  ['bytes that are not UTF-8', () => new Response(new Uint8Array([0x22, 0xff, 0x22]))],
  ['a body without end', () => new Response(new Uint8Array(17 * 1024 * 1024))],
  ['a redirect', () => new Response(null, { status: 302, headers: { location: B } })],
])('%s is not a peer, and what it did is not known', async (_name, answer) => {
  const error = await fail([answer])
  expect(error).toMatchObject({ code: 'ERR_NOT_A_PEER', outcome: 'unknown' })
  expect(error.attempts).toHaveLength(1)
})

test('a 404 of some other server is not a peer, and counted nothing', async () => {
  const error = await fail([text(404, 'no')])
  expect(error).toMatchObject({ code: 'ERR_NOT_A_PEER', outcome: 'not-applied', status: 404 })
})

test.each<[string, readonly Answer[], string, string]>([
  ['all refused', [refused], 'ERR_UNREACHABLE', 'not-applied'],
  ['one reset', [refused, reset, refused], 'ERR_UNREACHABLE', 'unknown'],
  ['one hung', [refused, hang, refused], 'ERR_TIMEOUT', 'unknown'],
  ['429', [problem(429, 'ERR_BUSY')], 'ERR_BUSY', 'not-applied'],
  ['the store failed', [problem(503, 'ERR_STORE_WRITE')], 'ERR_STORE_WRITE', 'unknown'],
  ['not ready', [problem(503, 'ERR_NOT_READY')], 'ERR_NOT_READY', 'not-applied'],
  ['said not', [problem(503, 'ERR_X', { recorded: false })], 'ERR_X', 'not-applied'],
  ['recorded', [problem(503, 'ERR_Q', { recorded: true }), reset], 'ERR_Q', 'recorded'],
  ['unknown, then 409', [reset, problem(409, 'ERR_C')], 'ERR_C', 'unknown'],
  [
    'a claim by no peer of ours, then 409',
    [problem(503, 'NOT_OURS', { recorded: true }), problem(409, 'ERR_C')],
    'ERR_C',
    'unknown',
  ],
])('%s: the worst that may have happened', async (name, answers, code, outcome) => {
  const error = await fail(answers)
  expect(error.code).toBe(code)
  expect([name, error.outcome]).toEqual([name, outcome])
})

test('a connection that breaks in the middle of the answer may have counted', async () => {
  const cause = Object.assign(new Error('x'), { syscall: 'connect' })
  const broken: Answer = () =>
    new Response(new ReadableStream({ pull: (stream) => stream.error(cause) }))
  expect((await fail([broken])).outcome).toBe('unknown')
})

test('several causes are proof only together', async () => {
  const causes = (...syscalls: string[]): Answer => {
    const errors = syscalls.map((syscall) => Object.assign(new Error('x'), { syscall }))
    return () => Promise.reject(new TypeError('failed', { cause: new AggregateError(errors) }))
  }
  expect((await fail([causes('connect', 'connect')])).outcome).toBe('not-applied')
  expect((await fail([causes('connect', 'read')])).outcome).toBe('unknown')
  expect((await fail([() => Promise.reject(new TypeError('Failed to fetch'))])).outcome).toBe(
    'unknown',
  )
})

test('retries are rounds over all peers, and 0 tries each once', async () => {
  expect((await fail([refused], { retries: 0 })).attempts).toHaveLength(2)
  expect((await fail([refused], { retries: 3 })).attempts).toHaveLength(8)
})

test('a call begins at the peer that answered last', async () => {
  const net = createNet(refused, counted, counted)
  const client = clientOf(net)
  await client.increment('a')
  await client.increment('a')
  expect(net.sent.map(({ url }) => new URL(url).host)).toEqual(['a:1', 'b:1', 'b:1'])
})

test('waits double, up to a bound, and are spread over all of it', async () => {
  expect([0, 1, 2, 3, 9, 2000].map((round) => waitMs(round, () => 1))).toEqual([
    100, 200, 400, 800, 2000, 2000,
  ])
  expect(waitMs(5, () => 0)).toBe(0)
  const net = createNet(refused, refused, refused, refused, counted)
  await clientOf(net).increment('a')
  expect(net.sent.map(({ at }) => at)).toEqual([0, 0, 50, 50, 150])
})

test('a peer that asks for a pause gets it, while the others are tried', async () => {
  const busy = problem(503, 'ERR_STOPPED', {}, { 'retry-after': '1' })
  const net = createNet(busy, refused, refused, refused, refused, refused, counted)
  await clientOf(net, { retries: Infinity }).increment('a')
  const atA = net.sent.filter(({ url }) => url.startsWith(A))
  expect(atA[0]!.at).toBe(0)
  expect(atA.slice(1).every(({ at }) => at >= 1000)).toBe(true)
  expect(net.sent[2]).toMatchObject({ at: 50, url: expect.stringContaining(B) })
})

test('Retry-After may be a date, taken against the date of the answer', async () => {
  const headers = {
    date: 'Thu, 01 Jan 1970 00:00:00 GMT',
    'retry-after': 'Thu, 01 Jan 1970 00:00:02 GMT',
  }
  const net = createNet(problem(503, 'ERR_STOPPED', {}, headers), counted)
  await clientOf(net, { urls: A }).increment('a')
  expect(net.sent[1]!.at).toBe(2000)
})

test('a pause past the time limit ends the call at once', async () => {
  const net = createNet(problem(429, 'ERR_BUSY', {}, { 'retry-after': '60' }))
  expect(await failureOf(clientOf(net, { urls: A }).increment('a'))).toMatchObject({
    code: 'ERR_BUSY',
  })
  expect(net.clock.now()).toBe(0)
})

test('a peer that hangs leaves time for another, and the whole has an end', async () => {
  const net = createNet(hang)
  const error = await failureOf(clientOf(net, { timeoutMs: 900 }).increment('a'))
  expect(error.code).toBe('ERR_TIMEOUT')
  expect(net.sent.map(({ at }) => at)).toEqual([0, 300, 650])
  expect(net.clock.now()).toBe(900)
})

test('strong calls tell the peer to give up a little earlier than its caller', async () => {
  const net = createNet(counted)
  const client = clientOf(net, { attemptMs: 1000 })
  await client.increment('a', 1, { ack: 'quorum' })
  await client.increment('a', 1, { ack: 'all', quorumMs: 5 })
  await client.increment('a', 1, { ack: 'local' })
  expect(net.sent.map(({ body }) => body['timeoutMs'])).toEqual([900, 5, undefined])
})

test('the signal ends a call at once: before it, during an attempt, and in a wait', async () => {
  const reason = new Error('enough')
  const before = createNet(counted)
  const early = await failureOf(
    clientOf(before).increment('a', 1, { signal: AbortSignal.abort(reason) }),
  )
  expect(early).toMatchObject({ code: 'ERR_ABORTED', outcome: 'not-applied', cause: reason })
  expect(before.sent).toHaveLength(0)

  const during = new AbortController()
  const stuck: Answer = () => {
    during.abort(reason)
    return new Promise<never>(() => {})
  }
  const late = await fail([stuck], { signal: during.signal })
  expect(late).toMatchObject({ code: 'ERR_ABORTED', outcome: 'unknown', cause: reason })

  const waiting = new AbortController()
  const net = createNet(refused, () => {
    setImmediate(() => waiting.abort(reason))
    return refused(net.sent[0]!)
  })
  // Only the signal can end this wait: the clock stands still.
  const clock = { now: () => 0, after: () => () => {} }
  const call = clientOf(net, { clock }).increment('a', 1, { signal: waiting.signal })
  expect(await failureOf(call)).toMatchObject({ code: 'ERR_ABORTED', outcome: 'not-applied' })
})

const ANSWERS = {
  refused,
  reset,
  hang,
  counted,
  429: problem(429, 'ERR_B'),
  409: problem(409, 'ERR_C'),
  502: text(502, ''),
  garbage: text(200, '?'),
  recorded: problem(503, 'ERR_Q', { recorded: true }),
} as const

test('one call has one request id, whatever happens, and its outcome never says too little', async () => {
  const names = fc.constantFrom(...(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]))
  const run = fc.asyncProperty(
    fc.array(names, { minLength: 1, maxLength: 12 }),
    fc.integer({ min: 0, max: 5 }),
    async (script, retries) => {
      const net = createNet(...script.map((name) => ANSWERS[name]))
      const call = clientOf(net, { retries }).increment('a')
      const error = await call.then(
        () => undefined,
        (reason: unknown) => reason as TallymeshClientError,
      )
      const ids = new Set(net.sent.map(({ body }) => body['requestId']))
      expect(ids.size).toBe(1)
      if (error === undefined) return
      expect(error.requestId).toBe([...ids][0])
      expect(error.attempts).toHaveLength(net.sent.length)
      const given = net.sent.map((_, at) => script[Math.min(at, script.length - 1)]!)
      const harmless = given.every((name) => ['refused', '429', '409'].includes(String(name)))
      expect(error.outcome === 'not-applied').toBe(harmless)
      expect(error.outcome === 'recorded').toBe(given.includes('recorded'))
    },
  )
  await fc.assert(run, { numRuns: 300 })
})
