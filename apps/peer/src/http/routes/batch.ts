// Many increments in one commit: all or none.
import { checkKey, checkRequestId } from '@tallymesh/core'
import type { Increment } from '@tallymesh/sync'
import type { FastifyInstance } from 'fastify'
import { idempotencyHeaders, requestIdsOf } from '../idempotency.ts'
import { HTTP_LIMITS } from '../limits.ts'
import type { Served } from '../readiness.ts'
import { toIncrementReply } from '../replies.ts'
import { replies, WRITES } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'
import { type AmountField, at, type StrongFields, toAmount, toStrongOptions } from '../values.ts'

interface Item {
  readonly key: string
  readonly value: AmountField
  readonly requestId?: string
}

interface BatchBody extends StrongFields {
  readonly increments: readonly Item[]
}

const toIncrement = ({ key, value, requestId }: Item): Increment => ({
  key: checkKey(key),
  amount: toAmount(value),
  ...(requestId !== undefined && { requestId: checkRequestId(requestId) }),
})

const schema = {
  summary: 'Add to many counters: all of it or nothing',
  headers: idempotencyHeaders,
  body: schemas.closed(
    {
      increments: {
        type: 'array',
        description: `an array of 1 to ${HTTP_LIMITS.batchItems} increments`,
        minItems: 1,
        maxItems: HTTP_LIMITS.batchItems,
        items: schemas.closed(
          { key: schemas.key, value: schemas.amount, requestId: schemas.requestId },
          ['key', 'value'],
        ),
      },
      ack: schemas.level,
      timeoutMs: schemas.timeoutMs,
    },
    ['increments'],
  ),
  response: replies(
    {
      type: 'object',
      properties: { results: { type: 'array', items: schemas.incrementReply } },
      required: ['results'],
    },
    'the counters with these increments, in the same order',
    WRITES,
  ),
}

export const addBatchRoute = (app: FastifyInstance, served: Served): void => {
  app.post<{ Body: BatchBody }>('/v1/increments', { schema }, async (request) => {
    const { body } = request
    const idOf = requestIdsOf(request)
    const increments = body.increments.map((item, index) =>
      at(`increments[${index}]`, () => toIncrement({ ...item, ...idOf(item.requestId, index) })),
    )
    const results = await served.service.incrementAll(increments, toStrongOptions(body))
    return { results: results.map(toIncrementReply) }
  })
}
