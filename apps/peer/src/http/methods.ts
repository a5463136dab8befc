// Answers 405 with Allow where a path is known but not with this method; fastify itself says 404.
import { METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { HttpError } from './problems.ts'

const refuse = (allowed: readonly string[]) => (): never => {
  const allow = allowed.join(', ')
  throw new HttpError(405, 'ERR_METHOD_NOT_ALLOWED', `this path takes ${allow}`, {
    headers: { allow },
  })
}

/** Learns every method that Node can parse: else fastify has no place to refuse the rare ones. */
const learnMethods = (app: FastifyInstance): void => {
  const known = new Set(app.supportedMethods)
  for (const method of METHODS) if (!known.has(method)) app.addHttpMethod(method)
}

/** Call before the routes are added; gives the function to call after the last one. */
export const collectMethods = (app: FastifyInstance): (() => void) => {
  learnMethods(app)
  const routes = new Map<string, Set<string>>()
  let collecting = true
  app.addHook('onRoute', ({ url, method }) => {
    if (!collecting || url.includes('*')) return
    const methods = routes.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name)
    routes.set(url, methods)
  })
  return () => {
    collecting = false
    for (const [url, methods] of routes) {
      const others = app.supportedMethods.filter((method) => !methods.has(method))
      app.route({
        method: others,
        url,
        schema: { hide: true },
        // Before the body is read: a body of any type and size is refused for the method.
        onRequest: async () => refuse([...methods].toSorted())(),
        handler: () => undefined,
      })
    }
  }
}
