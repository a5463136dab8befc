// A line for each request, for who asks for so many: never with a key, a header, or a body in it.
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'

/** Adds nothing where nobody would see it. */
export const logRequests = (app: FastifyInstance, logger: FastifyBaseLogger | undefined): void => {
  if (logger === undefined || !/^(debug|trace)$/.test(logger.level)) return
  app.addHook(
    'onResponse',
    async ({ method, routeOptions, is404 }, { statusCode, elapsedTime }) => {
      const route = is404 ? undefined : routeOptions.url
      logger.debug({ method, route, status: statusCode, ms: Math.round(elapsedTime) }, 'answered')
    },
  )
}
