// What a client is made of: the options, checked, with their defaults.
import { checkMs } from './arguments.ts'
import { type Clock, systemClock } from './clock.ts'
import { invalid } from './errors.ts'
import { createRequestId } from './request-id.ts'

/** As much of the platform's fetch as the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface ClientOptions {
  /** One peer or several, such as `http://127.0.0.1:8390`; the first one goes first. */
  readonly urls: string | readonly string[]
  /** Sent to all of them as a bearer token. */
  readonly token?: string
  /** The time limit of a whole call, attempts and waits together. Milliseconds. */
  readonly timeoutMs?: number
  /**
   * The time limit of one attempt. Milliseconds; half of the call's with one peer, a third with more,
   * so that a peer that hangs leaves time for another.
   */
  readonly attemptMs?: number
  /** How many more times to go over the peers after none could answer; 0 tries each of them once. */
  readonly retries?: number
  /** Ends all calls of this client. */
  readonly signal?: AbortSignal
  readonly fetch?: Fetch
  /** For tests. */
  readonly clock?: Clock
  /** For tests: a number from 0 to 1, 1 left out. Spreads the waits between retries. */
  readonly random?: () => number
  /** For tests: must never give the same twice. */
  readonly createRequestId?: () => string
}

export const DEFAULTS: Readonly<Record<'timeoutMs' | 'retries', number>> = Object.freeze({
  /** As long as a peer waits for its quorum. */
  timeoutMs: 5000,
  /** With the waits between them about 1.5 s: a peer that is started again is back by then. */
  retries: 5,
})

export interface Settings {
  readonly urls: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly attemptMs: number | undefined
  readonly retries: number
  readonly signal: AbortSignal | undefined
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random: () => number
  readonly createRequestId: () => string
}

const toBase = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw invalid("a peer's URL is such as http://127.0.0.1:8390, without a query")
  if (url.username !== '' || url.password !== '')
    throw invalid("a peer's URL holds no user and no password; hand in a token")
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

const toUrls = (urls: string | readonly string[]): readonly string[] => {
  const bases = [...new Set([urls].flat().map(toBase))]
  if (bases.length === 0) throw invalid('urls names at least one peer')
  return bases
}

const toHeaders = (token: string | undefined): Record<string, string> => {
  if (token === undefined) return {}
  if (/^[\x21-\x7e]+$/.test(token)) return { authorization: `Bearer ${token}` }
  throw invalid('a token is printable ASCII without spaces')
}

const checkRetries = (retries: number): number => {
  if (retries >= 0 && (Number.isInteger(retries) || retries === Infinity)) return retries
  throw invalid('retries is a whole number, 0 or more; Infinity leaves it to timeoutMs')
}

/** @throws {TallymeshClientError} `ERR_INVALID_ARGUMENT` */
export const toSettings = (options: ClientOptions): Settings => ({
  urls: toUrls(options.urls),
  headers: toHeaders(options.token),
  timeoutMs: checkMs('timeoutMs', options.timeoutMs ?? DEFAULTS.timeoutMs),
  attemptMs: options.attemptMs === undefined ? undefined : checkMs('attemptMs', options.attemptMs),
  retries: checkRetries(options.retries ?? DEFAULTS.retries),
  signal: options.signal,
  // Looked up at each call, and called on its own: browsers refuse it as a method of another object.
  fetch: options.fetch ?? ((url, init) => fetch(url, init)),
  clock: options.clock ?? systemClock,
  random: options.random ?? Math.random,
  createRequestId: options.createRequestId ?? createRequestId,
})
