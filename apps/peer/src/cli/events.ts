// GET /v1/watch, as it comes: goes on after a cut where it stopped, at this peer or the next one.
import { createParser } from 'eventsource-parser'
import type { Change } from './hottest.ts'

/** Between attempts, and twice as long after each that failed. */
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 10_000
/** Peers send something at least every 15 s: one that is silent for so long is gone. */
const SILENCE_MS = 45_000

export interface WatchOptions {
  readonly urls: readonly string[]
  readonly prefix: string
  readonly token?: string | undefined
  /** How many more times all peers are tried before the first event stream is there. */
  readonly retries: number
  readonly signal: AbortSignal
  /** Told when it has lost a peer, and when it has one. */
  readonly connected: (url: string | undefined) => void
}

/** A peer's refusal: to ask again is of no use. */
export class WatchRefusedError extends Error {
  readonly code: string | undefined

  constructor(problem: { readonly code?: string; readonly detail?: string }, status: number) {
    super(problem.detail ?? `the peer answered ${status}`)
    this.name = 'WatchRefusedError'
    this.code = problem.code
  }
}

/** Ends when the signal is aborted. */
export async function* watchEvents(options: WatchOptions): AsyncGenerator<Change, void, undefined> {
  const { urls, retries, signal, connected } = options
  const place: { lastId?: string } = {}
  let [failures, wasConnected] = [0, false]
  while (!signal.aborted) {
    const url = urls[failures % urls.length]!
    try {
      for await (const change of stream(url, options, place, () => {
        failures = 0
        wasConnected = true
        connected(url)
      }))
        yield change
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof WatchRefusedError) throw error
      if (!wasConnected && failures >= urls.length * (retries + 1) - 1) throw noPeer(urls, error)
    }
    if (failures === 0 && wasConnected) connected(undefined)
    failures++
    await pause(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MAX_WAIT_MS), signal)
  }
}

async function* stream(
  url: string,
  { prefix, token, signal }: WatchOptions,
  place: { lastId?: string },
  opened: () => void,
): AsyncGenerator<Change, void, undefined> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  try {
    const response = await fetch(`${url.replace(/\/$/, '')}/v1/watch${queryOf(prefix)}`, {
      headers: {
        accept: 'text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(place.lastId !== undefined && { 'last-event-id': place.lastId }),
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, silence.signal]),
    })
    await checkAnswer(response)
    opened()
    const arrived: ({ readonly change: string } | { readonly id: string })[] = []
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === 'change') arrived.push({ change: data })
      },
      // Also where it stands alone, after all that it is the place behind.
      onId: (id) => void arrived.push({ id }),
    })
    const decoder = new TextDecoder()
    for await (const bytes of response.body!) {
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MS)
      parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }))
      for (const each of arrived.splice(0)) {
        if ('change' in each) yield JSON.parse(each.change) as Change
        else place.lastId = each.id
      }
    }
  } finally {
    clearTimeout(timer)
  }
}

const queryOf = (prefix: string): string =>
  prefix === '' ? '' : `?prefix=${encodeURIComponent(prefix)}`

/** 429 and 503 pass; what else is refused stays so. */
const checkAnswer = async (response: Response): Promise<void> => {
  const { ok, status, headers } = response
  if (ok && headers.get('content-type')?.startsWith('text/event-stream') === true) return
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
  if (status === 429 || status >= 500) throw new Error(problem.detail ?? `${status}`)
  if (ok || problem.code === undefined)
    throw new WatchRefusedError(
      { code: 'ERR_NOT_A_PEER', detail: 'what answers is no peer, or one of an older version' },
      status,
    )
  throw new WatchRefusedError(problem, status)
}

const noPeer = (urls: readonly string[], cause: unknown): Error =>
  Object.assign(
    new Error(
      `no peer answers at ${urls.join(', ')}. Start one with "tallymesh peer", or name another with --url`,
      { cause },
    ),
    { code: 'ERR_UNREACHABLE' },
  )

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
