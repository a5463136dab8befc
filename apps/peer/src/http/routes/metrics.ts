// For Prometheus.
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { replies } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'

const schema = {
  summary: 'Metrics, as Prometheus reads them',
  querystring: schemas.closed({}),
  response: replies({ content: { 'text/plain': { schema: { type: 'string' } } } }, 'metrics'),
}

export const addMetricsRoute = (app: FastifyInstance, registry: Registry): void => {
  app.get('/metrics', { schema }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}
