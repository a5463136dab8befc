// How errors look from outside: application/problem+json (RFC 9457) with a stable code.
import { STATUS_CODES } from 'node:http'
import { type ErrorCode, TallymeshError } from '@tallymesh/core'
import { QuorumUnavailableError } from '@tallymesh/sync'
import { HTTP_LIMITS } from './limits.ts'

/** Codes that only HTTP has; all others are those of TallymeshError. */
export type HttpErrorCode =
  | 'ERR_NOT_FOUND'
  | 'ERR_METHOD_NOT_ALLOWED'
  | 'ERR_ORIGIN_REFUSED'
  | 'ERR_HOST_REFUSED'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_FORBIDDEN'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_UNSUPPORTED_MEDIA_TYPE'
  | 'ERR_HEADERS_TOO_LARGE'
  | 'ERR_BUSY'
  | 'ERR_NAMESPACE_DIFFERS'
  | 'ERR_NOT_A_MEMBER'
  | 'ERR_BAD_REQUEST'
  | 'ERR_INTERNAL'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode | HttpErrorCode
  /** True where an increment whose call failed is in the peer's own store all the same. */
  readonly recorded?: boolean
  /** Members that the peer reaches, and those that it does not. */
  readonly reached?: readonly string[]
  readonly missed?: readonly string[]
  /** Of a peer that is not ready: how many records of its store have been loaded. */
  readonly records?: number
}

export const PROBLEM_TYPE = 'application/problem+json'

interface HttpErrorExtras {
  readonly headers?: Readonly<Record<string, string>>
  /** Further fields of the problem. */
  readonly more?: Partial<Problem>
}

/** An error that HTTP itself raises. */
export class HttpError extends Error {
  readonly status: number
  readonly code: ErrorCode | HttpErrorCode
  readonly headers: Readonly<Record<string, string>>
  readonly more: Partial<Problem>

  constructor(
    status: number,
    code: ErrorCode | HttpErrorCode,
    message: string,
    { headers = {}, more = {} }: HttpErrorExtras = {},
  ) {
    super(message)
    this.name = 'HttpError'
    this.status = status
    this.code = code
    this.headers = headers
    this.more = more
  }
}

export const badRequest = (detail: string): HttpError =>
  new HttpError(400, 'ERR_INVALID_ARGUMENT', detail)

const STATUS: Readonly<Record<ErrorCode, number>> = {
  ERR_INVALID_ARGUMENT: 400,
  ERR_MALFORMED: 400,
  ERR_TOTAL_LIMIT: 409,
  ERR_REQUEST_CONFLICT: 409,
  ERR_STORE_LOCKED: 503,
  ERR_STORE_CORRUPT: 503,
  ERR_STORE_VERSION: 503,
  ERR_STORE_WRITE: 503,
  ERR_QUORUM_UNAVAILABLE: 503,
  ERR_NOT_READY: 503,
  ERR_STOPPED: 503,
  ERR_PROTOCOL: 503,
  ERR_TIMEOUT: 503,
}

export const BAD_PATH =
  'the path is not valid: a key in it is percent-encoded UTF-8, such as %C3%A9 for é and %25 for %'

// What fastify raises before a route sees the request, in the API's own words.
const FRAMEWORK: Readonly<Record<string, () => HttpError>> = {
  FST_ERR_BAD_URL: () => badRequest(BAD_PATH),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    badRequest(`a key is a string of 1 to ${HTTP_LIMITS.keyBytes} UTF-8 bytes; got a longer one`),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new HttpError(
      413,
      'ERR_BODY_TOO_LARGE',
      `the body is larger than ${HTTP_LIMITS.bodyBytes} bytes`,
    ),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => unsupportedMediaType(),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    badRequest('the body is not as long as its Content-Length says'),
}

export const JSON_ADVICE =
  'send the body as JSON with the header "content-type: application/json"; the least is {}'

export const unsupportedMediaType = (advice: string = JSON_ADVICE): HttpError =>
  new HttpError(415, 'ERR_UNSUPPORTED_MEDIA_TYPE', advice)

export const requestTooSlow = (): HttpError =>
  new HttpError(408, 'ERR_BAD_REQUEST', 'the request took too long to arrive')

const problem = (
  status: number,
  code: Problem['code'],
  detail: string,
  more: Partial<Problem> = {},
): Problem => ({
  // RFC 9457: with about:blank the title is the status's own; the code tells problems apart.
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail,
  code,
  ...more,
})

const fromTallymesh = (error: TallymeshError): Problem => {
  if (!(error instanceof QuorumUnavailableError))
    return problem(STATUS[error.code], error.code, error.message)
  const { recorded, reached, missed } = error
  const more = { ...(recorded && { recorded }), reached, missed }
  return problem(STATUS[error.code], error.code, error.message, more)
}

const clientStatus = (error: unknown): number | undefined => {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    ? statusCode
    : undefined
}

const httpErrorOf = (error: unknown): HttpError | undefined => {
  if (error instanceof HttpError) return error
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return FRAMEWORK[error.code]?.()
  return undefined
}

/** The problem that an error is shown as. What was not meant for the outside stays in the log. */
export const toProblem = (error: unknown): Problem => {
  if (error instanceof TallymeshError) return fromTallymesh(error)
  const known = httpErrorOf(error)
  if (known !== undefined) return problem(known.status, known.code, known.message, known.more)
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return problem(503, 'ERR_TIMEOUT', 'the call took longer than its timeoutMs')
  const status = clientStatus(error)
  if (status !== undefined)
    return problem(status, 'ERR_BAD_REQUEST', error instanceof Error ? error.message : 'refused')
  return problem(500, 'ERR_INTERNAL', 'the peer failed on this request; its log says why')
}

/** Headers that go with an error. */
export const problemHeaders = (error: unknown, shown: Problem): Record<string, string> => ({
  ...(error instanceof HttpError ? error.headers : {}),
  ...(shown.status === 503 ? { 'retry-after': '1' } : {}),
})
