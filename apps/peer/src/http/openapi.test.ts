import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { createFakePeer } from './server.fake.ts'
import { Tokens } from './tokens.ts'

const TOKEN = 'r'.repeat(20)

interface Operation {
  readonly summary?: string
  readonly security?: readonly object[]
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
}

interface Document {
  readonly openapi: string
  readonly security: readonly object[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const load = async (tokens?: Tokens): Promise<Document> => {
  const access = { hosts: [], origins: [], ...(tokens && { tokens }) }
  const { app } = await createFakePeer(undefined, access)
  const headers = { authorization: `Bearer ${TOKEN}` }
  return (await app.inject({ url: '/openapi.json', headers })).json<Document>()
}

test('the document is OpenAPI 3.1', async () => {
  const document = await load()
  const validator = new Validator()
  const { valid, errors } = await validator.validate({ ...document })
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

test('it lists the routes, each with what it does and how it refuses', async () => {
  const { paths } = await load()
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  )
  expect(routes.toSorted()).toEqual([
    'get /healthz',
    'get /metrics',
    'get /openapi.json',
    'get /page.json',
    'get /readyz',
    'get /v1/count',
    'get /v1/counters',
    'get /v1/counters/{key}',
    'get /v1/export',
    'get /v1/status',
    'get /v1/watch',
    'post /v1/count/increment',
    'post /v1/counters/{key}/increment',
    'post /v1/import',
    'post /v1/increments',
  ])
  for (const operations of Object.values(paths))
    for (const [method, { summary, responses }] of Object.entries(operations)) {
      expect(summary).toMatch(/\w/)
      const statuses = ['200', '400', '401', '403', '405', '503', '4XX', '5XX']
      if (method === 'post') statuses.push('409', '413', '415')
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(statuses))
      for (const [status, { content }] of Object.entries(responses))
        expect(status === '200' || Object.keys(content!)).toEqual(
          status === '200' || ['application/problem+json'],
        )
    }
})

test('it says whether a token is needed, and for what none ever is', async () => {
  expect((await load()).security).toEqual([{ token: [] }, {}])
  const { security, paths } = await load(Tokens.parse(`read ${TOKEN}`))
  expect(security).toEqual([{ token: [] }])
  for (const path of ['/healthz', '/readyz', '/page.json'])
    expect(paths[path]!['get']!.security).toEqual([])
})
