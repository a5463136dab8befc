// What changes, as it changes: server-sent events.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HTTP_LIMITS } from '../limits.ts'
import type { Served } from '../readiness.ts'
import { replies } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'
import { Turns } from '../turns.ts'
import { SharedChanges } from '../watch/shared-changes.ts'
import { Watcher } from '../watch/watcher.ts'

export const EVENT_STREAM = 'text/event-stream'

interface WatchQuery {
  readonly prefix?: string
}

const schema = {
  summary: 'Changes as they happen, as server-sent events',
  description:
    'Each event is a `change` with the counter as it stands: `{ "key", "value", "ops" }`. A counter that changes faster than the events are read is told of once, as it stands then. After a cut, send the last `id` as `Last-Event-ID`: what changed meanwhile comes first; where the peer no longer knows, or never did (`0`, say), all counters come first.',
  querystring: schemas.closed({ prefix: schemas.text }),
  headers: {
    type: 'object',
    properties: { 'last-event-id': { type: 'string', description: 'the `id` of the last event' } },
  },
  response: replies(
    { content: { [EVENT_STREAM]: { schema: { type: 'string' } } } },
    'events, until either side closes',
    [429],
  ),
}

/** Empty is what a client sends that has had no id. */
const lastEventIdOf = ({ headers }: FastifyRequest): string | undefined => {
  const id = headers['last-event-id']
  return typeof id === 'string' && id !== '' ? id : undefined
}

export const addWatchRoute = (app: FastifyInstance, served: Served): void => {
  const turns = new Turns('watches', HTTP_LIMITS.watches)
  /** Those that are open. */
  const watches = new Set<AbortController>()
  let changes: SharedChanges | undefined
  app.addHook('preClose', async () => {
    for (const gone of watches) gone.abort()
  })
  app.get<{ Querystring: WatchQuery }>(
    '/v1/watch',
    { schema, exposeHeadRoute: false },
    (request, reply) => {
      const over = turns.take()
      const gone = new AbortController()
      watches.add(gone)
      // From the first watch on: before it, no id was given out that one could come back with.
      changes ??= new SharedChanges(served.service)
      const watcher = new Watcher({
        changes,
        prefix: request.query.prefix ?? '',
        lastEventId: lastEventIdOf(request),
        signal: gone.signal,
      })
      const events = Readable.from(watcher.events(), { objectMode: false })
      events.once('close', () => {
        gone.abort()
        watches.delete(gone)
        over()
      })
      reply.raw.once('close', () => gone.abort())
      // There are heartbeats to take; one who takes nothing would keep a turn for ever.
      reply.raw.setTimeout(HTTP_LIMITS.stallMs, () => reply.raw.destroy())
      return reply
        .headers({
          // Buffered, an event would wait for the next ones.
          'x-accel-buffering': 'no',
          connection: 'close',
        })
        .type(`${EVENT_STREAM}; charset=utf-8`)
        .send(events)
    },
  )
}
