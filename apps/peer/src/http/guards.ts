// What every request to the API must satisfy before its body is read.
import type { FastifyRequest } from 'fastify'
import { mediaTypeOf } from './media-types.ts'
import { badRequest, HttpError, unsupportedMediaType } from './problems.ts'

/** Also keeps out what a page elsewhere can send without asking: forms and plain text. */
export const requireMediaType = (request: FastifyRequest): void => {
  const { pattern, advice } = mediaTypeOf(request)
  if (request.method === 'POST' && !pattern.test(request.headers['content-type'] ?? ''))
    throw unsupportedMediaType(advice)
}

const hostOf = (origin: string): string | undefined => {
  try {
    return new URL(origin).host
  } catch {
    return undefined // "null", as a sandboxed page sends
  }
}

/** A page may only count at the peer that served it. Programs send no Origin. */
export const requireOwnOrigin = (request: FastifyRequest): void => {
  const { origin, host } = request.headers
  if (request.method !== 'POST' || origin === undefined || hostOf(origin) === host) return
  throw new HttpError(
    403,
    'ERR_ORIGIN_REFUSED',
    'a page of another origin may not change counters here',
  )
}

/** Node's query parser replaces what it can not decode; here that would silently be another key. */
export const requireDecodableQuery = (request: FastifyRequest): void => {
  const url = request.raw.url ?? ''
  const start = url.indexOf('?')
  if (start < 0) return
  try {
    decodeURIComponent(url.slice(start + 1))
  } catch {
    throw badRequest('the query is not valid: its values are percent-encoded UTF-8')
  }
}
