// Turns a schema's refusal into words: where, what is allowed, what was there.
import type { FastifySchemaValidationError } from 'fastify'
import { badRequest, type HttpError } from './problems.ts'

// With `verbose`, ajv adds the schema and the data to its errors; fastify's type does not know that.
interface SchemaError extends FastifySchemaValidationError {
  readonly parentSchema?: {
    readonly description?: string
    readonly properties?: Readonly<Record<string, unknown>>
  }
  readonly data?: unknown
}

const NAMES: Readonly<Record<string, string>> = { body: 'the body', querystring: 'the query' }

/** `/increments/3/value` as `increments[3].value`. */
const place = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '')

const describeNumber = (value: number): string =>
  Number.isInteger(value) && !Number.isSafeInteger(value)
    ? `the JSON number ${value}, which may already have lost digits (send it as a string)`
    : `the JSON number ${value}`

/** What was there, short enough for a message. */
export const describe = (value: unknown): string => {
  if (typeof value === 'number') return describeNumber(value)
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.slice(0, 40))}${value.length > 40 ? '…' : ''}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value !== null && typeof value === 'object') return 'an object'
  return JSON.stringify(value) ?? 'nothing'
}

const listNames = (schema: SchemaError['parentSchema']): string =>
  Object.keys(schema?.properties ?? {}).join(', ') || 'nothing'

const explain = (error: SchemaError, part: string): string => {
  const where = place(error.instancePath) || (NAMES[part] ?? part)
  switch (error.keyword) {
    case 'additionalProperties':
      return `${where} has ${JSON.stringify(error.params['additionalProperty'])}, which is not known; allowed: ${listNames(error.parentSchema)}`
    case 'required':
      return `${where} lacks ${JSON.stringify(error.params['missingProperty'])}`
    default:
      return `${where} must be ${error.parentSchema?.description ?? error.message}; got ${describe(error.data)}`
  }
}

/** The last error is the outermost: of an `anyOf`, the one that describes all its branches. */
export const explainSchemaErrors = (
  errors: readonly FastifySchemaValidationError[],
  part: string,
): HttpError => {
  const error = errors.at(-1)
  return badRequest(error === undefined ? `${part} is not valid` : explain(error, part))
}
