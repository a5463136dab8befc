// The whole state as lines of JSON, all of one moment.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { exportPieces } from '../../export/writer.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { NDJSON } from '../media-types.ts'
import type { Served } from '../readiness.ts'
import { replies } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'
import { Turns } from '../turns.ts'
import type { PeerFacts } from './status.ts'

const schema = {
  summary: 'All counters of one moment as lines of JSON, for POST /v1/import',
  querystring: schemas.closed({}),
  response: replies(
    { content: { [NDJSON]: { schema: { type: 'string' } } } },
    'the export (docs/export.md); its last line counts the others',
    [429],
  ),
}

export const addExportRoute = (
  app: FastifyInstance,
  served: Served,
  { namespace, peerId }: PeerFacts,
): void => {
  const turns = new Turns('exports', HTTP_LIMITS.exports)
  app.get('/v1/export', { schema, exposeHeadRoute: false }, (_request, reply) => {
    const over = turns.take()
    // From here on the peer counts on: this is one moment, whatever time the reader takes.
    const state = served.service.snapshot()
    const lines = Readable.from(exportPieces({ namespace, peer: peerId }, state), {
      objectMode: false,
    })
    lines.once('close', over)
    // A reader that takes nothing would hold the snapshot for ever.
    reply.raw.setTimeout(HTTP_LIMITS.stallMs, () => reply.raw.destroy())
    return reply.type(NDJSON).send(lines)
  })
}
