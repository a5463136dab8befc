// What an HTTP answer means: what was asked for, or a failure, and whether another try can help.
import type { Attempt, Outcome, Problem } from './errors.ts'
import { type Fields, isFields, type Reader } from './replies.ts'

/** What was asked for. */
export interface Success<T> {
  readonly value: T
}

/** An attempt that came to nothing. */
export interface Failure extends Attempt {
  /** Whether the same request, later or elsewhere, may go well. */
  readonly retry: boolean
  /** What it did, had it been an increment. */
  readonly outcome: Outcome
  /** How long this peer asks to be left alone. Milliseconds. */
  readonly retryAfterMs?: number
  readonly problem?: Problem
  readonly cause?: unknown
}

/** An answer that has arrived whole. */
export interface Answer {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  /** Undefined for what is too long or not UTF-8. */
  readonly text: string | undefined
}

/** Statuses of a moment. All others would say the same again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Codes of 5xx that a peer gives before it touches anything, or else says `recorded`. */
const BEFORE_ANYTHING: ReadonlySet<unknown> = new Set([
  'ERR_NOT_READY',
  'ERR_STORE_LOCKED',
  'ERR_QUORUM_UNAVAILABLE',
])

const parse = (text: string | undefined): Fields | undefined => {
  try {
    const body: unknown = JSON.parse(text ?? '')
    return isFields(body) ? body : undefined
  } catch {
    return undefined
  }
}

/** Seconds, or a date: taken against the answer's own date, since our clock may be wrong. */
const retryAfterOf = (headers: Headers): { retryAfterMs?: number } => {
  const text = headers.get('retry-after') ?? ''
  const date = headers.get('date') ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(date)
  return ms > 0 ? { retryAfterMs: ms } : {}
}

const outcomeOf = (status: number, problem: Fields = {}): Outcome => {
  if (problem['recorded'] === true) return 'recorded'
  const untouched =
    (status >= 400 && status < 500) ||
    problem['recorded'] === false ||
    BEFORE_ANYTHING.has(problem['code'])
  return untouched ? 'not-applied' : 'unknown'
}

/** A peer's refusal has a code of ours; what else speaks JSON has not. */
const isProblem = ({ code, detail }: Fields): boolean =>
  typeof code === 'string' && code.startsWith('ERR_') && typeof detail === 'string'

const judgeOther = (status: number): Pick<Failure, 'code' | 'detail'> =>
  RETRYABLE.has(status)
    ? { code: 'ERR_UNREACHABLE', detail: `answered ${status} in its place` }
    : { code: 'ERR_NOT_A_PEER', detail: `the answer (${status}) is not a Tallymesh peer's` }

const judgeRefusal = ({ url, status, headers }: Answer, body: Fields | undefined): Failure => {
  const problem = body && isProblem(body) ? body : undefined
  const told = problem && {
    code: String(problem['code']),
    detail: String(problem['detail']),
    problem,
  }
  return {
    url,
    status,
    ...(told ?? judgeOther(status)),
    retry: RETRYABLE.has(status),
    outcome: outcomeOf(status, problem),
    ...retryAfterOf(headers),
  }
}

/** Reads what was asked for out of an answer, or says what the answer was instead. */
export const judge = <T>(answer: Answer, read: Reader<T>): Success<T> | Failure => {
  const { url, status, text } = answer
  const body = parse(text)
  if (status < 200 || status > 299) return judgeRefusal(answer, body)
  const value = body && read(body)
  if (value !== undefined) return { value }
  return { url, status, ...judgeOther(status), retry: false, outcome: 'unknown' }
}
