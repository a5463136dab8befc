// Peers without a network and time without waiting, for tests of what the client decides.
import type { Clock } from '../clock.ts'
import type { Fetch } from '../settings.ts'

/** A clock that jumps to its next timer as soon as nothing else is going on. */
export class JumpingClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ at: number; task: () => void }>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + delayMs, task }
    this.#timers.add(timer)
    setImmediate(() => this.#jump())
    return () => void this.#timers.delete(timer)
  }

  #jump(): void {
    const [next] = [...this.#timers].toSorted((a, b) => a.at - b.at)
    if (next === undefined) return
    this.#timers.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.task()
    setImmediate(() => this.#jump())
  }
}

/** What a request holds, and when it was made. */
export interface Sent {
  readonly url: string
  readonly at: number
  readonly init: RequestInit
  readonly body: Record<string, unknown>
}

export type Answer = (sent: Sent) => Response | Promise<Response>

export interface FakeNet {
  readonly fetch: Fetch
  readonly clock: JumpingClock
  readonly sent: Sent[]
}

/** Answers go out in this order; the last one is given again and again. */
export const createNet = (...answers: readonly Answer[]): FakeNet => {
  const clock = new JumpingClock()
  const sent: Sent[] = []
  const fetch: Fetch = async (url, init) => {
    // What comes in pieces is not read.
    const text = typeof init.body === 'string' ? init.body : '{}'
    const body = JSON.parse(text) as Record<string, unknown>
    const request = { url, at: clock.now(), init, body }
    sent.push(request)
    return answers[Math.min(sent.length, answers.length) - 1]!(request)
  }
  return { fetch, clock, sent }
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(JSON.stringify(body), { status, headers })

export const problem = (
  status: number,
  code: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer =>
  json(status, { type: 'about:blank', status, code, detail: 'so it is', ...more }, headers)

export const text =
  (status: number, body: string): Answer =>
  () =>
    new Response(body, { status })

const networkError = (code: string, syscall: string): Answer => {
  const cause = Object.assign(new Error(code), { code, syscall })
  return () => Promise.reject(new TypeError('fetch failed', { cause }))
}

export const refused: Answer = networkError('ECONNREFUSED', 'connect')
export const reset: Answer = networkError('ECONNRESET', 'read')
/** Heeds no signal, either. */
export const hang: Answer = () => new Promise<never>(() => {})

export const RESULT = { key: 'a', value: '5', ops: 1, replica: 'r', seq: 1, duplicate: false }
export const counted: Answer = json(200, RESULT)
