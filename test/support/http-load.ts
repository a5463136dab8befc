// Many keep-alive connections that count, each request after the answer to the last one.
import { Client } from 'undici'

export interface LoadOptions {
  readonly http: string
  readonly connections: number
  /** The body of a connection's next request, and how many increments are in it. */
  readonly next: (connection: number) => NextRequest
  /** So many requests in all; Infinity for those that end otherwise. */
  readonly requests: number
}

export interface NextRequest {
  readonly path: string
  readonly body: string
  readonly increments: number
}

export interface LoadResult {
  /** Milliseconds of each request that was answered with 200. */
  readonly times: readonly number[]
  /** Increments in these. */
  readonly answered: number
  /** What came instead of 200: a status, or the name of an error; and how often. */
  readonly failures: ReadonlyMap<string, number>
  readonly seconds: number
}

const HEADERS = { 'content-type': 'application/json' }

/** Connections that stay open over several rounds. */
export class HttpLoad implements AsyncDisposable {
  readonly #clients: readonly Client[]
  readonly #next: LoadOptions['next']

  constructor({ http, connections, next }: Omit<LoadOptions, 'requests'>) {
    this.#clients = Array.from(
      { length: connections },
      () => new Client(http, { keepAliveTimeout: 60_000 }),
    )
    this.#next = next
  }

  /** Ends after so many requests, or when all connections have broken. */
  async run(requests: number): Promise<LoadResult> {
    const times: number[] = []
    const failures = new Map<string, number>()
    const fail = (what: string): void => void failures.set(what, (failures.get(what) ?? 0) + 1)
    let [left, answered] = [requests, 0]
    const keepCounting = async (client: Client, connection: number): Promise<void> => {
      while (left-- > 0) {
        const { path, body, increments } = this.#next(connection)
        const startedAt = performance.now()
        try {
          const answer = await client.request({ path, method: 'POST', headers: HEADERS, body })
          await answer.body.dump()
          if (answer.statusCode !== 200) fail(`${answer.statusCode}`)
          else {
            times.push(performance.now() - startedAt)
            answered += increments
          }
        } catch (error) {
          // The peer is gone, or wants no more on this connection.
          return fail((error as { code?: string }).code ?? String(error))
        }
      }
    }
    const startedAt = performance.now()
    await Promise.all(this.#clients.map(keepCounting))
    const seconds = (performance.now() - startedAt) / 1000
    return { times, answered, failures, seconds }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.destroy()))
  }
}

/** Increments of one, each connection on a counter of its own. */
export const singles = (connection: number): NextRequest => ({
  path: `/v1/counters/load-${connection}/increment`,
  body: '{"value":1}',
  increments: 1,
})

/** Batches of so many, over so many counters. */
export const batchesOf = (size: number, keys: number): LoadOptions['next'] => {
  const bodies = Array.from({ length: Math.ceil(keys / size) }, (_, nth) =>
    JSON.stringify({
      increments: Array.from({ length: size }, (_each, i) => ({
        key: `load-${(nth * size + i) % keys}`,
        value: 1,
      })),
    }),
  )
  let turn = 0
  return () => ({
    path: '/v1/increments',
    body: bodies[turn++ % bodies.length]!,
    increments: size,
  })
}

/** What all counters of a load have come to. */
export const loadTotal = async (http: string): Promise<number> => {
  let [total, after] = [0, '']
  do {
    const query = new URLSearchParams({ prefix: 'load-', limit: '1000', ...(after && { after }) })
    const page = (await (await fetch(`${http}/v1/counters?${query.toString()}`)).json()) as {
      counters: { value: string }[]
      after?: string
    }
    for (const { value } of page.counters) total += Number(value)
    after = page.after ?? ''
  } while (after !== '')
  return total
}
