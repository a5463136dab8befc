// The header Idempotency-Key: a request id beside the body, as HTTP clients and proxies know it.
import { TallymeshError } from '@tallymesh/core'

export const IDEMPOTENCY_KEY = 'idempotency-key'

/** A string in quotes, as the draft of the header has it (RFC 8941); most clients send it bare. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

const unquoted = (text: string): string => {
  const [, inner] = QUOTED.exec(text) ?? []
  return inner === undefined ? text : inner.replace(/\\(["\\])/g, '$1')
}

/**
 * The fields of an increment, with the request id of the header where the body has none.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT` where both are there, and differ
 */
export const withIdempotencyKey = <T extends { readonly requestId?: string }>(
  fields: T,
  header: string | readonly string[] | undefined,
): T => {
  if (header === undefined) return fields
  const requestId = unquoted(String(header))
  if (fields.requestId === undefined || fields.requestId === requestId)
    return { ...fields, requestId }
  throw new TallymeshError(
    'ERR_INVALID_ARGUMENT',
    'the header Idempotency-Key and "requestId" differ; send one of them, or the same twice',
  )
}
