// The document that describes the routes, made of the schemas that requests are checked by.
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { replies } from './reply-schemas.ts'
import * as schemas from './schemas.ts'

const DESCRIPTION = `Replicated counters that never lose an increment.

Values are decimal strings of any size. Errors are \`application/problem+json\` with a stable \`code\`. A key in a path is percent-encoded UTF-8; the keys \`.\` and \`..\` are reached by \`POST /v1/increments\`.`

/** Call before the routes are added. */
export const describeRoutes = async (
  app: FastifyInstance,
  version: string,
  needsToken: boolean,
): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tallymesh peer',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0 OR MIT', identifier: 'Apache-2.0 OR MIT' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'Where the peer was started with --token: GET takes any, POST one that may write.',
          },
        },
      },
      security: needsToken ? [{ token: [] }] : [{ token: [] }, {}],
    },
  })
}

const schema = {
  summary: 'This document',
  querystring: schemas.closed({}),
  response: replies({ type: 'object', additionalProperties: true }, 'OpenAPI 3.1'),
}

export const addOpenApiRoute = (app: FastifyInstance): void => {
  app.get('/openapi.json', { schema }, (_request, reply) => reply.send(app.swagger()))
}
