// Counters by key: increment, read, list.
import { checkKey } from '@tallymesh/core'
import type { Consistency } from '@tallymesh/sync'
import type { FastifyInstance } from 'fastify'
import { idempotencyHeaders, requestIdOf } from '../idempotency.ts'
import { HTTP_LIMITS } from '../limits.ts'
import type { Served } from '../readiness.ts'
import { toCounterReply, toIncrementReply } from '../replies.ts'
import { replies, WRITES } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'
import { type IncrementFields, toAmount, toIncrementOptions } from '../values.ts'

interface KeyParams {
  readonly key: string
}

interface ReadQuery {
  readonly consistency?: Consistency
  readonly timeoutMs?: string
}

interface ListQuery {
  readonly prefix?: string
  readonly limit?: string
  readonly after?: string
}

/** The body of every increment of one counter. */
export const incrementBody: object = schemas.closed({
  value: schemas.amount,
  requestId: schemas.requestId,
  ack: schemas.level,
  timeoutMs: schemas.timeoutMs,
})

// Only for the document: the key is checked by its bytes, which a schema can not count.
const params = {
  type: 'object',
  properties: { key: { type: 'string', description: schemas.key.description } },
}

const addIncrement = (app: FastifyInstance, served: Served): void => {
  const schema = {
    summary: 'Add to a counter',
    params,
    headers: idempotencyHeaders,
    body: incrementBody,
    response: replies(schemas.incrementReply, 'the counter with this increment', WRITES),
  }
  app.post<{ Params: KeyParams; Body: IncrementFields }>(
    '/v1/counters/:key/increment',
    { schema },
    async (request) => {
      const {
        params: { key },
        body,
      } = request
      const result = await served.service.increment(
        checkKey(key),
        toAmount(body.value),
        toIncrementOptions({ ...body, ...requestIdOf(request, body.requestId) }),
      )
      return toIncrementReply(result)
    },
  )
}

const addRead = (app: FastifyInstance, served: Served): void => {
  const schema = {
    summary: 'Read a counter',
    params,
    querystring: schemas.closed({
      consistency: schemas.level,
      timeoutMs: schemas.timeoutMsText,
    }),
    response: replies(schemas.readReply, 'the counter; "0" where it was never seen'),
  }
  app.get<{ Params: KeyParams; Querystring: ReadQuery }>(
    '/v1/counters/:key',
    { schema },
    async ({ params: { key }, query: { consistency = 'local', timeoutMs } }) => {
      const counter = await served.service.readCounter(checkKey(key), {
        consistency,
        ...(timeoutMs !== undefined && { timeoutMs: Number(timeoutMs) }),
      })
      return { ...toCounterReply(counter), consistency }
    },
  )
}

const addList = (app: FastifyInstance, served: Served): void => {
  const schema = {
    summary: 'List counters in the order of their keys',
    querystring: schemas.closed({
      prefix: schemas.text,
      limit: schemas.limitText,
      after: schemas.text,
    }),
    response: replies(schemas.page, 'a page of counters'),
  }
  app.get<{ Querystring: ListQuery }>('/v1/counters', { schema }, ({ query }, reply) => {
    const { prefix, after, limit = HTTP_LIMITS.defaultPageItems } = query
    const page = served.service.list({
      limit: Number(limit),
      ...(prefix && { prefix }),
      ...(after && { after }),
    })
    return reply.send({
      counters: page.counters.map(toCounterReply),
      ...(page.after !== undefined && { after: page.after }),
    })
  })
}

export const addCounterRoutes = (app: FastifyInstance, served: Served): void => {
  addIncrement(app, served)
  addRead(app, served)
  addList(app, served)
}
