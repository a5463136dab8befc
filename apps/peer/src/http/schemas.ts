// The shapes of requests and replies: fastify checks by them, and the OpenAPI document is made of them.
// A `description` completes "… must be": it is both the document's text and the error's.
import { HTTP_LIMITS } from './limits.ts'

/** A schema with the words for what it allows. */
export interface FieldSchema {
  readonly description: string
  readonly [keyword: string]: unknown
}

const max = Number.MAX_SAFE_INTEGER

export const amount: FieldSchema = {
  description: `a JSON integer from -${max} to ${max}, or a string of decimal digits such as "5" or "-12" (no sign for positive, no leading zeros, at most 1,024 bits)`,
  anyOf: [
    { type: 'integer', minimum: -max, maximum: max },
    { type: 'string', pattern: '^-?(0|[1-9][0-9]*)$', maxLength: HTTP_LIMITS.amountChars },
  ],
}

export const key: FieldSchema = {
  type: 'string',
  description: `a string of 1 to ${HTTP_LIMITS.keyBytes} UTF-8 bytes`,
  minLength: 1,
}

export const requestId: FieldSchema = {
  type: 'string',
  description: `a string of 1 to ${HTTP_LIMITS.requestIdBytes} UTF-8 bytes; a retry with the same one counts once`,
  minLength: 1,
  maxLength: HTTP_LIMITS.requestIdBytes,
}

export const level: FieldSchema = {
  type: 'string',
  description: '"local", "quorum" or "all"',
  enum: ['local', 'quorum', 'all'],
}

export const timeoutMs: FieldSchema = {
  type: 'integer',
  description: `a whole number of milliseconds from 1 to ${HTTP_LIMITS.maxTimeoutMs}`,
  minimum: 1,
  maximum: HTTP_LIMITS.maxTimeoutMs,
}

// In a query everything is a string, and nothing is converted before it was checked.
export const timeoutMsText: FieldSchema = {
  type: 'string',
  description: timeoutMs.description,
  pattern: '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|60000)$',
}

export const limitText: FieldSchema = {
  type: 'string',
  description: `a whole number from 1 to ${HTTP_LIMITS.pageItems}`,
  pattern: '^([1-9][0-9]{0,2}|1000)$',
}

export const flagText: FieldSchema = {
  type: 'string',
  description: '"true" or "false"',
  enum: ['true', 'false'],
}

export const text: FieldSchema = { type: 'string', description: 'a string' }

/** An object that has these fields and no others. */
export const closed = (
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = [],
): object => ({
  type: 'object',
  description: 'a JSON object',
  properties,
  required,
  additionalProperties: false,
})

const value = { type: 'string', description: 'a decimal integer of any size' }
const ops = { type: 'integer', description: 'how many increments the counter has had' }

export const counter: object = {
  type: 'object',
  properties: { key: { type: 'string' }, value, ops },
  required: ['key', 'value', 'ops'],
}

export const incrementReply: object = {
  type: 'object',
  properties: {
    key: { type: 'string' },
    value,
    ops,
    replica: { type: 'string' },
    seq: { type: 'integer' },
    duplicate: { type: 'boolean', description: 'true where the requestId was known' },
  },
  required: ['key', 'value', 'ops', 'replica', 'seq', 'duplicate'],
}

export const readReply: object = {
  type: 'object',
  properties: { key: { type: 'string' }, value, ops, consistency: level },
  required: ['key', 'value', 'ops', 'consistency'],
}

export const countReply: object = {
  type: 'object',
  properties: { value, ops },
  required: ['value', 'ops'],
}

export const page: object = {
  type: 'object',
  properties: {
    counters: { type: 'array', items: counter },
    after: { type: 'string', description: 'the last key of the page, where there are more' },
  },
  required: ['counters'],
}

export const importReply: object = {
  type: 'object',
  properties: {
    counters: { type: 'integer', description: 'how many counters the export held' },
    slots: { type: 'integer', description: 'how many slots they have in it' },
    changed: { type: 'integer', description: 'how many counters it changed here' },
  },
  required: ['counters', 'slots', 'changed'],
}
