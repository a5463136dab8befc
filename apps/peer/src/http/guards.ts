// What every request to the API must satisfy before its body is read.
import type { FastifyRequest } from 'fastify'
import { mediaTypeOf } from './media-types.ts'
import { badRequest, unsupportedMediaType } from './problems.ts'

/** Also keeps out what a page elsewhere can send without asking: forms and plain text. */
export const requireMediaType = (request: FastifyRequest): void => {
  const { pattern, advice } = mediaTypeOf(request)
  if (request.method === 'POST' && !pattern.test(request.headers['content-type'] ?? ''))
    throw unsupportedMediaType(advice)
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
