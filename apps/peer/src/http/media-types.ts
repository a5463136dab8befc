// What the body of a request may be: JSON, unless its route says otherwise.
import type { FastifyRequest } from 'fastify'
import { JSON_ADVICE } from './problems.ts'

export const NDJSON = 'application/x-ndjson'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes lines of JSON, and reads them itself. */
    readonly takesLines?: boolean
  }
}

export interface MediaType {
  readonly pattern: RegExp
  /** What to do instead. */
  readonly advice: string
}

// Both are UTF-8, so any other charset is a mistake that would change keys.
const JSON_TYPE: MediaType = {
  pattern: /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i,
  advice: JSON_ADVICE,
}

const LINES_TYPE: MediaType = {
  pattern: /^\s*application\/x-ndjson\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i,
  advice: `send the lines of an export with the header "content-type: ${NDJSON}"`,
}

export const mediaTypeOf = ({ routeOptions }: FastifyRequest): MediaType =>
  routeOptions.config.takesLines === true ? LINES_TYPE : JSON_TYPE
