// The HTTP API of a peer, put together. Listening is address.ts's part.
import type { Socket } from 'node:net'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Registry } from 'prom-client'
import { measureHttp } from '../metrics/http-metrics.ts'
import { type Access, requireKnownHost, requireKnownOrigin, requireToken } from './access.ts'
import { limitBodyTime } from './body-time.ts'
import { parseJson } from './body.ts'
import { allowOrigins } from './cors.ts'
import { requireDecodableQuery, requireMediaType } from './guards.ts'
import { HTTP_LIMITS } from './limits.ts'
import { collectMethods } from './methods.ts'
import { NDJSON } from './media-types.ts'
import { addPage } from './page.ts'
import { addOpenApiRoute, describeRoutes } from './openapi.ts'
import {
  BAD_PATH,
  badRequest,
  HttpError,
  PROBLEM_TYPE,
  problemHeaders,
  requestTooSlow,
  toProblem,
} from './problems.ts'
import type { Readiness } from './readiness.ts'
import { logRequests } from './request-log.ts'
import { addBatchRoute } from './routes/batch.ts'
import { addCountRoutes } from './routes/count.ts'
import { addCounterRoutes } from './routes/counters.ts'
import { addExportRoute } from './routes/export.ts'
import { addImportRoute } from './routes/import.ts'
import { addMetricsRoute } from './routes/metrics.ts'
import { addStatusRoutes, type PeerFacts } from './routes/status.ts'
import { addWatchRoute } from './routes/watch.ts'
import { explainSchemaErrors } from './validation.ts'

export interface HttpOptions {
  readonly served: Readiness
  readonly facts: PeerFacts
  /** The folder of the built page; undefined shows how to build it. */
  readonly page: string | undefined
  readonly access: Access
  /** Served at /metrics, and added to. */
  readonly registry: Registry
  readonly logger?: FastifyBaseLogger
}

const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const shown = toProblem(error)
  if (shown.status === 500) request.log.error({ err: error, req: request }, 'request failed')
  void reply
    .code(shown.status)
    .headers(problemHeaders(error, shown))
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(shown))
}

const refuseUnknownPath = (request: FastifyRequest): never => {
  const hint = request.url.startsWith('/v1/counters/') ? ' (a slash in a key is sent as %2F)' : ''
  throw new HttpError(
    404,
    'ERR_NOT_FOUND',
    `there is nothing at this path${hint}; /openapi.json lists what there is`,
  )
}

const WIRE_ERRORS: Readonly<Record<string, HttpError>> = {
  // curl, for one, sends a path's non-ASCII bytes as they are.
  HPE_INVALID_URL: badRequest(BAD_PATH),
  HPE_HEADER_OVERFLOW: new HttpError(
    431,
    'ERR_HEADERS_TOO_LARGE',
    `path and headers are larger than ${HTTP_LIMITS.headerBytes} bytes together`,
  ),
  ERR_HTTP_REQUEST_TIMEOUT: requestTooSlow(),
}

/** Answers what is not HTTP, or too much of it: there is no request yet, only a socket. */
const answerSocket = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const known =
    WIRE_ERRORS[error.code ?? ''] ?? new HttpError(400, 'ERR_BAD_REQUEST', 'this is not HTTP/1.1')
  const body = JSON.stringify(toProblem(known))
  socket.end(
    `HTTP/1.1 ${known.status} ${toProblem(known).title}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const createApp = (logger: FastifyBaseLogger | undefined): FastifyInstance =>
  fastify({
    ...(logger && { loggerInstance: logger }),
    // A logger of its own for each request would cost more than most requests.
    childLoggerFactory: (parent) => parent,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: HTTP_LIMITS.bodyBytes,
    requestTimeout: HTTP_LIMITS.importTimeoutMs,
    http: {
      maxHeaderSize: HTTP_LIMITS.headerBytes,
      headersTimeout: HTTP_LIMITS.requestTimeoutMs,
      connectionsCheckingInterval: HTTP_LIMITS.checkEveryMs,
    },
    // Longer than any header: the key's own check says what is wrong with a long key.
    routerOptions: { maxParamLength: HTTP_LIMITS.headerBytes },
    // Requests that come in while closing get a problem like all others, from closeGracefully.
    return503OnClosing: false,
    ajv: {
      customOptions: {
        // "5" and 5 differ, and an unknown field is a mistake of the caller's to hear about.
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        verbose: true,
      },
    },
    schemaErrorFormatter: explainSchemaErrors,
    frameworkErrors: sendProblem,
    clientErrorHandler: answerSocket,
  })

/** What was accepted is finished, then its connection closes: kept alive, it would hold up the end. */
const closeGracefully = (app: FastifyInstance): void => {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onRequest', async () => {
    if (closing) throw new HttpError(503, 'ERR_STOPPED', 'this peer is stopping')
  })
  app.addHook('onSend', async (_request, reply) => {
    if (closing) void reply.header('connection', 'close')
  })
}

const readBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseJson(body),
  )
  // Too much to hold: its route reads it as it comes. Other routes have refused its type before.
  app.addContentTypeParser(NDJSON, (_request, payload, done) => done(null, payload))
}

/** Before the request itself is looked at: a caller should hear first that it may ask again. */
const requireReady = ({ url }: FastifyRequest, served: Readiness): void => {
  // Before it has a node, it has no addresses to tell the page.
  if (url.startsWith('/v1/') || url.startsWith('/page.json')) served.requireReady()
}

const addApi = (app: FastifyInstance, { served, facts, access, registry }: HttpOptions): void => {
  app.addHook('onRequest', async (request, reply) => {
    requireToken(request, access)
    requireReady(request, served)
    requireKnownOrigin(request, access)
    requireMediaType(request)
    requireDecodableQuery(request)
    void reply.header('cache-control', 'no-store')
  })
  addCounterRoutes(app, served)
  addBatchRoute(app, served)
  addCountRoutes(app, served)
  addWatchRoute(app, served)
  addExportRoute(app, served, facts)
  addImportRoute(app, served, facts)
  addStatusRoutes(app, served, facts)
  addMetricsRoute(app, registry)
  addOpenApiRoute(app)
}

/** A server that answers, but does not listen yet. */
export const createHttpServer = async (options: HttpOptions): Promise<FastifyInstance> => {
  const app = createApp(options.logger)
  app.server.maxConnections = HTTP_LIMITS.connections
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler(refuseUnknownPath)
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff')
    requireKnownHost(request, options.access)
  })
  await allowOrigins(app, options.access.origins)
  closeGracefully(app)
  readBodies(app)
  limitBodyTime(app)
  measureHttp(app, options.registry)
  logRequests(app, options.logger)
  const refuseOtherMethods = collectMethods(app)
  await describeRoutes(app, options.facts.version, options.access.tokens !== undefined)
  await app.register(async (api) => addApi(api, options))
  await addPage(app, options.page)
  refuseOtherMethods()
  await app.ready()
  return app
}
