// A peer's HTTP API, and what is known of a request that got no answer.
import { Agent, request as send } from 'node:http'
import { type Reading, Violation } from './checker.ts'
import { NOBODY_LISTENS } from './forward.ts'

/** `refused`: no connection was made, or the peer still loads, so nothing counts. `unanswered`: it may have arrived. */
export type Asked<T> = { readonly answer: T } | 'refused' | 'unanswered'

export interface Incremented extends Reading {
  readonly duplicate: boolean
}

export interface Item {
  readonly key: string
  readonly amount: bigint
  readonly requestId: string | undefined
}

/** A peer that is alive and has not answered after this is not waited for. */
const ANSWER_MS = 30_000

const counterUrl = (http: string, key: string): string =>
  `${http}/v1/counters/${encodeURIComponent(key)}`

/** Only a failed `connect` sent nothing. */
const sentNothing = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).syscall === 'connect'

const agent = new Agent({ keepAlive: true })

/** `http://HOST:PORT/PATH`, or `unix:SOCKET:/PATH`. */
const placeOf = (
  url: string,
): { host?: string; port?: string; socketPath?: string; path: string } => {
  const [, socketPath, path] = /^unix:([^:]*):(.*)$/.exec(url) ?? []
  if (socketPath !== undefined) return { socketPath, path: path! }
  const { hostname, port, pathname, search } = new URL(url)
  return { host: hostname, port, path: `${pathname}${search}` }
}

interface Raw {
  readonly status: number
  readonly text: string
  readonly nobodyListens: boolean
}

const exchange = (url: string, body: object | undefined, signal: AbortSignal): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const asked = send({ ...placeOf(url), agent, method, headers, signal }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.once('error', reject)
      answer.once('end', () => {
        const nobodyListens = NOBODY_LISTENS in answer.headers
        resolve({ status: answer.statusCode!, text, nobodyListens })
      })
    })
    asked.once('error', reject)
    asked.end(body && JSON.stringify(body))
  })

/** Of a problem, as `application/problem+json` has it. */
const codeOf = (text: string): unknown => (JSON.parse(text) as { code?: unknown }).code

/** A whole answer, whatever it says, but that the peer still loads. */
export interface Response {
  readonly url: string
  readonly status: number
  readonly text: string
}

export type Outcome = Response | 'refused' | 'unanswered'

export const request = async (
  url: string,
  body: object | undefined,
  withinMs: number,
): Promise<Outcome> => {
  let raw: Raw
  try {
    raw = await exchange(url, body, AbortSignal.timeout(withinMs))
  } catch (error) {
    return sentNothing(error) ? 'refused' : 'unanswered'
  }
  const { status, text, nobodyListens } = raw
  if (nobodyListens) return 'refused'
  if (status === 503 && codeOf(text) === 'ERR_NOT_READY') return 'refused'
  return { url, status, text }
}

/** @throws {Violation} for an answer other than 200: nothing is sent here that a peer may refuse */
const ask = async (url: string, body?: object): Promise<Asked<unknown>> => {
  const outcome = await request(url, body, ANSWER_MS)
  if (typeof outcome === 'string') return outcome
  const { status, text } = outcome
  if (status !== 200) throw new Violation(`${status} was the answer to ${url}: ${text}`)
  return { answer: JSON.parse(text) as unknown }
}

interface JsonReading {
  readonly key: string
  readonly value: string
  readonly ops: number
}

interface JsonIncremented extends JsonReading {
  readonly duplicate: boolean
}

const toReading = ({ value, ops }: JsonReading): Reading => ({ value: BigInt(value), ops })

const toIncremented = (json: JsonIncremented): Incremented => ({
  ...toReading(json),
  duplicate: json.duplicate,
})

/** Of the body of an answer about one counter. */
export const readingOf = (text: string): Reading => toReading(JSON.parse(text) as JsonReading)

export const isAnswer = <T>(
  asked: { readonly answer: T } | string,
): asked is { readonly answer: T } => typeof asked === 'object'

/** Of the body of an answer to a batch. */
export const readingsOf = (text: string): Reading[] =>
  (JSON.parse(text) as { results: JsonReading[] }).results.map(toReading)

const read = <From, To>(asked: Asked<unknown>, convert: (json: From) => To): Asked<To> =>
  isAnswer(asked) ? { answer: convert(asked.answer as From) } : asked

export const get = async (http: string, key: string): Promise<Asked<Reading>> =>
  read(await ask(counterUrl(http, key)), toReading)

export const increment = async (
  http: string,
  { key, amount, requestId }: Item,
): Promise<Asked<Incremented[]>> =>
  read(
    await ask(`${counterUrl(http, key)}/increment`, { value: `${amount}`, requestId }),
    (json: JsonIncremented) => [toIncremented(json)],
  )

/** All of them or none. */
export const incrementAll = async (
  http: string,
  items: readonly Item[],
): Promise<Asked<Incremented[]>> => {
  const increments = items.map(({ key, amount, requestId }) => ({
    key,
    value: `${amount}`,
    requestId,
  }))
  return read(
    await ask(`${http}/v1/increments`, { increments }),
    ({ results }: { results: JsonIncremented[] }) => results.map(toIncremented),
  )
}

interface Page {
  readonly counters: readonly JsonReading[]
  readonly after?: string
}

/** All counters of a peer that is up; each page is of one moment. */
export const listAll = async (http: string): Promise<Map<string, Reading>> => {
  const all = new Map<string, Reading>()
  let after: string | undefined
  do {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
    const page = await ask(`${http}/v1/counters?limit=1000${from}`)
    if (!isAnswer(page)) throw new Violation(`${http} runs, and its list was ${page}`)
    const { counters, after: next } = page.answer as Page
    for (const counter of counters) all.set(counter.key, toReading(counter))
    after = next
  } while (after !== undefined)
  return all
}

/** Equal where states are; undefined while the peer still keeps some of its state from the others. */
export const rootOf = async (http: string): Promise<string | undefined> => {
  const asked = await ask(`${http}/v1/status`)
  if (!isAnswer(asked)) throw new Violation(`${http} runs, and its status was ${asked}`)
  const { root, verified } = asked.answer as { root: string; verified: boolean }
  return verified ? root : undefined
}
