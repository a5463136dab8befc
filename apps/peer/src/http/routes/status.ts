// How the peer is: for people and pages, and for whoever keeps it running.
import { TallymeshError } from '@tallymesh/core'
import type { FastifyInstance } from 'fastify'
import type { Served } from '../readiness.ts'
import { replies } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'

/** What the HTTP side is told about the process that it runs in. */
export interface PeerFacts {
  readonly version: string
  readonly peerId: string
  readonly namespace: string
  readonly members: readonly string[]
  /** Multiaddrs at which peers and tabs reach this one, each with its /p2p/ part. */
  listen(): readonly string[]
  /** Where HTTP itself is reached. */
  http(): string
  uptimeMs(): number
}

const text = { type: 'string' }
const integer = { type: 'integer' }

const statusReply = {
  type: 'object',
  properties: {
    replica: text,
    peerId: text,
    namespace: text,
    http: text,
    listen: { type: 'array', items: text },
    version: text,
    uptimeMs: integer,
    counters: integer,
    replicas: integer,
    seq: integer,
    root: text,
    verified: {
      type: 'boolean',
      description:
        'whether every member has confirmed the replica id; until then what is counted here stays here',
    },
    forks: { type: 'array', items: text, description: 'replica ids that two writers have used' },
    damaged: { type: 'integer', description: 'records of the store that were set aside' },
    requests: {
      type: 'object',
      description: 'request ids that are remembered, and for how long a retry is safe (safeMs)',
      additionalProperties: true,
    },
  },
  required: [
    'replica',
    'peerId',
    'namespace',
    'http',
    'listen',
    'version',
    'uptimeMs',
    'root',
    'verified',
    'forks',
    'damaged',
  ],
  // The service's status goes through as it is, with all that it will still learn to say.
  additionalProperties: true,
}

const wellReply = { type: 'object', properties: { status: text }, required: ['status'] }

const addStatus = (app: FastifyInstance, served: Served, facts: PeerFacts): void => {
  const response = replies(statusReply, 'the replica, its peers, and this process')
  const schema = { summary: 'How the peer is', querystring: schemas.closed({}), response }
  app.get('/v1/status', { schema }, (_request, reply) =>
    reply.send({
      ...served.service.status(),
      listen: facts.listen(),
      http: facts.http(),
      version: facts.version,
      uptimeMs: facts.uptimeMs(),
    }),
  )
}

const addHealth = (app: FastifyInstance, served: Served): void => {
  const alive = replies(wellReply, 'the process answers')
  app.get(
    '/healthz',
    {
      schema: { summary: 'Whether the process answers', security: [], response: alive },
      config: { isPublic: true },
    },
    (_request, reply) => reply.send({ status: 'ok' }),
  )
  const ready = replies(wellReply, 'the store is loaded, and increments can be made durable')
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether it serves counters, and increments can be made durable',
        security: [],
        response: ready,
      },
      config: { isPublic: true },
    },
    (_request, reply) => {
      const { storeTrouble } = served.service.status()
      if (storeTrouble !== null) throw new TallymeshError('ERR_STORE_WRITE', storeTrouble)
      return reply.send({ status: 'ready' })
    },
  )
}

/** What the page is told of the peer that serves it: enough to meet it, and for anyone to know. */
const addPageFacts = (app: FastifyInstance, facts: PeerFacts): void => {
  const reply = {
    type: 'object',
    properties: {
      namespace: text,
      listen: { type: 'array', items: text },
      // A tab must know them: whatever another wrote, it hands on to members only as that one signed it.
      members: { type: 'array', items: text },
    },
    required: ['namespace', 'listen', 'members'],
  }
  const schema = {
    summary: 'Where the page meets the peer that serves it',
    security: [],
    response: replies(reply, 'the namespace, the multiaddrs of the peer, and the members'),
  }
  app.get('/page.json', { schema, config: { isPublic: true } }, (_request, response) =>
    response.send({
      namespace: facts.namespace,
      listen: facts.listen(),
      members: facts.members,
    }),
  )
}

export const addStatusRoutes = (app: FastifyInstance, served: Served, facts: PeerFacts): void => {
  addStatus(app, served, facts)
  addHealth(app, served)
  addPageFacts(app, facts)
}
