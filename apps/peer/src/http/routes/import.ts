// Joins an export, whole: what can be wrong with it is known before anything is joined.
import type { Readable } from 'node:stream'
import { TallymeshError } from '@tallymesh/core'
import type { CounterService } from '@tallymesh/sync'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Counts, Header } from '../../export/format.ts'
import { EXPORT_LIMITS } from '../../export/limits.ts'
import { ExportReader } from '../../export/reader.ts'
import { Staging } from '../../export/staging.ts'
import { HTTP_LIMITS } from '../limits.ts'
import { NDJSON } from '../media-types.ts'
import { badRequest, HttpError } from '../problems.ts'
import type { Served } from '../readiness.ts'
import { replies, WRITES } from '../reply-schemas.ts'
import * as schemas from '../schemas.ts'
import { Turns } from '../turns.ts'
import type { PeerFacts } from './status.ts'

interface ImportQuery {
  readonly anyNamespace?: 'true' | 'false'
}

interface Received {
  readonly counts: Counts
  readonly staging: Staging
  /** Keys of its counters. */
  readonly keys: Set<string>
}

const schema = {
  summary: 'Join an export: all of it, or nothing; as often as you like',
  querystring: schemas.closed({ anyNamespace: schemas.flagText }),
  // It is read as it comes, line by line, so there is no one value to check here.
  body: { content: { [NDJSON]: { schema: {} } } },
  response: replies(schemas.importReply, 'how much it held, and what that changed', [
    ...WRITES,
    429,
  ]),
}

const checkNamespace = (own: string, anyNamespace: boolean) => (header: Header) => {
  if (anyNamespace || header.namespace === own) return
  throw new HttpError(
    409,
    'ERR_NAMESPACE_DIFFERS',
    `the export is of the namespace ${JSON.stringify(header.namespace)}, and this peer's is ${JSON.stringify(own)}; to join it all the same, say --any-namespace (anyNamespace=true)`,
  )
}

/** Others would take from it only what it counted itself, and never agree with it again. */
const requireMember = ({ members, peerId }: PeerFacts): void => {
  if (members.length === 0 || members.includes(peerId)) return
  throw new HttpError(
    409,
    'ERR_NOT_A_MEMBER',
    'this peer is not a member, so the others would not take what it imports from it; import at a member',
  )
}

/** Reads all of a request's body; its sender may rest only so long. */
async function* bodyOf(request: FastifyRequest): AsyncGenerator<Buffer, void, undefined> {
  const { raw } = request
  // To destroy it would take the socket along, and the answer with that.
  const pieces = (request.body as Readable).iterator({ destroyOnReturn: false })
  let bytes = 0
  raw.setTimeout(HTTP_LIMITS.stallMs, () => raw.destroy())
  try {
    for await (const piece of pieces) {
      bytes += (piece as Buffer).length
      if (bytes > EXPORT_LIMITS.totalBytes)
        throw new HttpError(
          413,
          'ERR_BODY_TOO_LARGE',
          `the import is larger than ${EXPORT_LIMITS.totalBytes} bytes`,
        )
      yield piece as Buffer
    }
  } catch (error) {
    throw error instanceof HttpError ? error : badRequest('the upload broke off')
  } finally {
    // The joins that follow take longer than a sender may rest.
    raw.setTimeout(0)
  }
}

const receive = async (
  request: FastifyRequest,
  checkHeader: (header: Header) => void,
): Promise<Received> => {
  const staging = new Staging()
  const reader = new ExportReader({
    header: checkHeader,
    floor: (floor) => staging.addFloor(floor),
    slot: (slot) => staging.add(slot),
  })
  for await (const piece of bodyOf(request)) reader.push(piece)
  return { counts: reader.end(), staging, keys: reader.keys }
}

const interrupted = (error: TallymeshError): TallymeshError =>
  new TallymeshError(
    error.code,
    `${error.message}; some of the import was joined before, so import it again`,
    { cause: error },
  )

/** Returns how many counters changed. */
const join = async (
  service: CounterService,
  { staging, keys }: Received,
  isGone: () => boolean,
): Promise<number> => {
  const before = keys.size
  try {
    for (const counter of staging.counters()) {
      if (isGone()) break
      for (const key of await service.merge(counter)) keys.delete(key)
    }
  } catch (error) {
    throw error instanceof TallymeshError ? interrupted(error) : error
  }
  return before - keys.size
}

export const addImportRoute = (app: FastifyInstance, served: Served, facts: PeerFacts): void => {
  const turns = new Turns('imports', HTTP_LIMITS.imports)
  app.post<{ Querystring: ImportQuery }>(
    '/v1/import',
    { schema, config: { takesLines: true } },
    async (request, reply) => {
      requireMember(facts)
      const over = turns.take()
      try {
        const anyNamespace = request.query.anyNamespace === 'true'
        const received = await receive(request, checkNamespace(facts.namespace, anyNamespace))
        const { counters, slots } = received.counts
        // Who does not wait for the answer wants no more of it.
        const changed = await join(served.service, received, () => reply.raw.destroyed)
        return { counters, slots, changed }
      } finally {
        over()
      }
    },
  )
}
