// Talks to a peer's HTTP API.
import { DEFAULT_URL } from './options.ts'

/** A peer's refusal, as it said it. */
export class ApiError extends Error {
  readonly problem: Readonly<Record<string, unknown>>

  constructor(problem: Readonly<Record<string, unknown>>, fallback: string) {
    super(typeof problem['detail'] === 'string' ? problem['detail'] : fallback)
    this.name = 'ApiError'
    this.problem = problem
  }
}

/** Past the longest time that a peer itself may take. */
const LIMIT_MS = 65_000

export class Api {
  readonly #base: string

  constructor(url: string = DEFAULT_URL) {
    this.#base = url.endsWith('/') ? url : `${url}/`
  }

  get<T>(path: string, query: Readonly<Record<string, string | undefined>> = {}): Promise<T> {
    const given = Object.entries(query).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
    return this.#send(`${path}${search}`, {})
  }

  post<T>(path: string, body: object): Promise<T> {
    return this.#send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  async #send<T>(path: string, init: RequestInit): Promise<T> {
    const response = await this.#fetch(new URL(path, this.#base), init)
    const text = await response.text()
    const reply = parse(text)
    if (reply === undefined)
      throw new Error(`what answers at ${this.#base} is not a Tallymesh peer (${response.status})`)
    if (!response.ok) throw new ApiError(reply, `the peer answered ${response.status}`)
    return reply as T
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(LIMIT_MS) })
    } catch (error) {
      throw new Error(
        `no peer answers at ${this.#base} (${reasonOf(error)}). Start one with "tallymesh peer", or name another with --url`,
        { cause: error },
      )
    }
  }
}

const parse = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const reply: unknown = JSON.parse(text)
    return typeof reply === 'object' && reply !== null
      ? (reply as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** fetch hides what the network said in its cause. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.message : String(cause)
}

/** The path of a counter. */
export const counterPath = (key: string): string => `v1/counters/${encodeURIComponent(key)}`

/** URLs fold these away, encoded or not. */
export const hasNoPath = (key: string): boolean => key === '.' || key === '..'
