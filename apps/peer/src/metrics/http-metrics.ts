// What is asked over HTTP, and how long it takes.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Gauge, Histogram, type Registry } from 'prom-client'

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Only what has a route is named: a stranger must not make up label values. */
const labelsOf = (
  { method, routeOptions: { url }, is404 }: FastifyRequest,
  { statusCode }: FastifyReply,
) => ({
  route: is404 || url === undefined ? 'none' : url,
  method: method === 'GET' || method === 'POST' || method === 'HEAD' ? method : 'other',
  status: `${statusCode}`,
})

/** Call before the routes are added. */
export const measureHttp = (app: FastifyInstance, registry: Registry): void => {
  const registers = [registry]
  const seconds = new Histogram({
    name: 'tallymesh_http_request_duration_seconds',
    help: 'From a request’s headers to the end of its answer; a watch is as long as it is watched',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS,
    registers,
  })
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(labelsOf(request, reply), reply.elapsedTime / 1000)
  })
  const connections = new Gauge({
    name: 'tallymesh_http_connections',
    help: 'Open HTTP connections',
    registers,
    async collect() {
      const count = await new Promise<number>((resolve) => {
        app.server.getConnections((_error, open) => resolve(open ?? 0))
      })
      connections.set(count)
    },
  })
}
