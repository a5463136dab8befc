// What a route may answer, for the OpenAPI document: one shape when it goes well, problems else.
import { PROBLEM_TYPE } from './problems.ts'

const problemBody: object = {
  [PROBLEM_TYPE]: {
    schema: {
      type: 'object',
      properties: {
        type: { type: 'string' },
        title: { type: 'string', description: 'the words of the status' },
        status: { type: 'integer' },
        detail: { type: 'string', description: 'what was wrong, what is allowed, what to do' },
        code: { type: 'string', description: 'stable, such as ERR_INVALID_ARGUMENT' },
        recorded: {
          type: 'boolean',
          description: 'true where the increment is in this peer’s store all the same',
        },
        reached: { type: 'array', items: { type: 'string' }, description: 'members in reach' },
        missed: { type: 'array', items: { type: 'string' }, description: 'members out of reach' },
        records: { type: 'integer', description: 'of the store, loaded so far' },
      },
      required: ['type', 'title', 'status', 'detail', 'code'],
    },
  },
}

const header = (type: string, description: string): object => ({ type, description })
const RETRY_AFTER: object = { 'retry-after': header('integer', 'seconds') }

type ProblemStatus = 400 | 401 | 403 | 405 | 409 | 413 | 415 | 429 | 503

const PROBLEMS: Readonly<Record<ProblemStatus, object>> = {
  400: { description: 'it can not be understood' },
  401: {
    description: 'a token is needed, or this one is not known',
    headers: { 'www-authenticate': header('string', 'RFC 6750') },
  },
  403: {
    description:
      'the token may not write; or the page’s origin, or the name of this peer, is not known',
  },
  405: {
    description: 'not with this method',
    headers: { allow: header('string', 'the methods that this path takes') },
  },
  409: { description: 'it contradicts what is there' },
  413: { description: 'the body is too large' },
  415: { description: 'the body is of another media type' },
  429: { description: 'too many at one time', headers: RETRY_AFTER },
  503: {
    description: 'not now: the store is loading, or can not write, or too few members are in reach',
    headers: RETRY_AFTER,
  },
}

/** What any request may meet. */
const COMMON: readonly ProblemStatus[] = [400, 401, 403, 405, 503]
/** What a request with a body may meet besides. */
export const WRITES: readonly ProblemStatus[] = [409, 413, 415]

/** The replies of a route: one shape when it goes well, problems else. */
export const replies = (
  ok: object,
  description: string,
  more: readonly ProblemStatus[] = [],
): Record<string, object> => ({
  200: { description, ...ok },
  ...Object.fromEntries(
    [...COMMON, ...more].map((status) => [status, { ...PROBLEMS[status], content: problemBody }]),
  ),
  '4xx': { description: 'another problem', content: problemBody },
  '5xx': { description: 'the peer failed', content: problemBody },
})
