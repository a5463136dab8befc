// The single shared counter of a peer.
import type { FastifyInstance } from 'fastify'
import { idempotencyHeaders, requestIdOf } from '../idempotency.ts'
import type { Served } from '../readiness.ts'
import { replies, WRITES } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'
import { type IncrementFields, toAmount, toIncrementOptions } from '../values.ts'
import { incrementBody } from './counters.ts'

const response = replies(schemas.countReply, 'the shared counter')

export const addCountRoutes = (app: FastifyInstance, served: Served): void => {
  app.post<{ Body: IncrementFields }>(
    '/v1/count/increment',
    {
      schema: {
        summary: 'Add to the shared counter',
        headers: idempotencyHeaders,
        body: incrementBody,
        response: replies(schemas.countReply, 'the shared counter', WRITES),
      },
    },
    async (request) => {
      const { body } = request
      const { value, ops } = await served.count.increment(
        toAmount(body.value),
        toIncrementOptions({ ...body, ...requestIdOf(request, body.requestId) }),
      )
      return { value: value.toString(), ops }
    },
  )
  app.get(
    '/v1/count',
    { schema: { summary: 'Read the shared counter', querystring: schemas.closed({}), response } },
    (_request, reply) => {
      const { count } = served
      return reply.send({ value: count.getCount().toString(), ops: count.getOps() })
    },
  )
}
