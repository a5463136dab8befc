// Requests to an app without a socket, as the tests write them.
import type { FastifyInstance } from 'fastify'
import { expect } from 'vitest'
import type { Problem } from './problems.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Record<string, unknown>
}

type Headers = Readonly<Record<string, string>>

export const JSON_HEADERS: Headers = { 'content-type': 'application/json' }

interface Injected {
  readonly statusCode: number
  readonly headers: Answer['headers']
  readonly body: string
}

/** A body that is not JSON is left out. */
export const toAnswer = ({ statusCode, headers, body }: Injected): Answer => {
  const isJson =
    /json/.test(String(headers['content-type'])) && !/ndjson/.test(String(headers['content-type']))
  return {
    status: statusCode,
    headers,
    body: isJson && body !== '' ? (JSON.parse(body) as Answer['body']) : {},
  }
}

export const get = async (app: FastifyInstance, url: string): Promise<Answer> => {
  const response = await app.inject({ method: 'GET', url })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

/** A string is sent as it is, anything else as JSON. */
export const post = async (
  app: FastifyInstance,
  url: string,
  body: unknown,
  headers: Headers = JSON_HEADERS,
): Promise<Answer> => {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.inject({ method: 'POST', url, payload, headers })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

export const incrementUrl = (key: string): string =>
  `/v1/counters/${encodeURIComponent(key)}/increment`

/** Every refusal looks like this, whatever refused. */
export const expectProblem = (answer: Answer, status: number, code: Problem['code']): string => {
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({ type: 'about:blank', status, code })
  expect(answer.body['title']).toEqual(expect.any(String))
  return String(answer.body['detail'])
}
