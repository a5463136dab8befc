// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): the request id by another way.
import type { FastifyRequest } from 'fastify'
import { HTTP_LIMITS } from './limits.ts'
import { badRequest } from './problems.ts'
import type { FieldSchema } from './schemas.ts'

/** The header's own syntax has quotes; many clients leave them out. */
const idempotencyKey: FieldSchema = {
  type: 'string',
  description: `1 to ${HTTP_LIMITS.requestIdBytes} printable ASCII characters, in quotes or not: the requestId; in a batch, of each item that has none, with "#" and the item's place added`,
  pattern: `^[\\x20-\\x7e]{1,${HTTP_LIMITS.requestIdBytes + 2}}$`,
}

/** For the `headers` of a route's schema. */
export const idempotencyHeaders: object = {
  type: 'object',
  properties: { 'idempotency-key': idempotencyKey },
}

const unquoted = (text: string): string => /^"(.*)"$/.exec(text)?.[1] ?? text

/** The header's request id, or undefined where there is none. */
const headerId = ({ headers }: FastifyRequest): string | undefined => {
  const header = headers['idempotency-key']
  return typeof header === 'string' ? unquoted(header) : undefined
}

/** For the one increment of a request; `{}` where neither its body nor its header has an id. */
export const requestIdOf = (
  request: FastifyRequest,
  inBody: string | undefined,
): { readonly requestId?: string } => {
  const requestId = headerId(request) ?? inBody
  if (inBody !== undefined && inBody !== requestId)
    throw badRequest(
      'requestId and the header Idempotency-Key differ; send one of them, or both alike',
    )
  return requestId === undefined ? {} : { requestId }
}

/** For the items of a batch, each by its place. */
export const requestIdsOf = (
  request: FastifyRequest,
): ((inItem: string | undefined, index: number) => { readonly requestId?: string }) => {
  const id = headerId(request)
  return (inItem, index) => {
    const requestId = inItem ?? (id === undefined ? undefined : `${id}#${index}`)
    return requestId === undefined ? {} : { requestId }
  }
}
