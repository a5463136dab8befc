// Pages of other origins, where an operator has named them.
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** How long a browser may go by a preflight's answer. */
const PREFLIGHT_SECONDS = 600

/** For no origin, nothing is added: browsers keep their pages from reading what is answered. */
export const allowOrigins = async (
  app: FastifyInstance,
  origins: readonly string[],
): Promise<void> => {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id'],
    exposedHeaders: ['retry-after', 'www-authenticate'],
    maxAge: PREFLIGHT_SECONDS,
  })
}
