// How long the body of a request may take to arrive.
import type { FastifyInstance } from 'fastify'
import { HTTP_LIMITS } from './limits.ts'
import { requestTooSlow } from './problems.ts'

/**
 * Node has one limit for all requests, and an import takes longer than anything else; so that limit is
 * the import's, and the other routes get theirs here.
 */
export const limitBodyTime = (app: FastifyInstance): void => {
  app.addHook('preParsing', async (request, reply, payload) => {
    if (request.method !== 'POST' || request.routeOptions.config.takesLines === true) return
    const timer = setTimeout(() => {
      void reply.header('connection', 'close').send(requestTooSlow())
    }, HTTP_LIMITS.requestTimeoutMs)
    payload.once('close', () => clearTimeout(timer))
    payload.once('end', () => clearTimeout(timer))
  })
}
