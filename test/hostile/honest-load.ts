// Honest callers: each counts on a key of its own, at all members in turn, and asks a majority now and then.
import { Agent, request } from 'node:http'

/** An honest call that takes longer has not been answered. */
const ANSWER_MS = 30_000
/** Every so many calls are strong ones. */
const STRONG_EVERY = 10

export interface Lap {
  /** Answered increments. */
  readonly count: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly failures: readonly string[]
}

export class HonestLoad implements AsyncDisposable {
  readonly #urls: readonly string[]
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #running: Promise<void>[] = []
  /** By key, what was answered. */
  readonly counted = new Map<string, number>()
  #times: number[] = []
  #failures: string[] = []
  #startedAt = performance.now()
  #isOver = false

  /** @param urls of the members */
  constructor(urls: readonly string[], callers: number) {
    this.#urls = urls
    for (let caller = 0; caller < callers; caller++) this.#running.push(this.#call(caller))
  }

  /** What was done since the last lap. */
  lap(): Lap {
    const times = this.#times.toSorted((a, b) => a - b)
    const seconds = (performance.now() - this.#startedAt) / 1000
    const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? Infinity
    const lap = {
      count: times.length,
      perSecond: times.length / seconds,
      p50: at(0.5),
      p99: at(0.99),
      failures: this.#failures,
    }
    this.#times = []
    this.#failures = []
    this.#startedAt = performance.now()
    return lap
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#running)
    this.#agent.destroy()
  }

  async #call(caller: number): Promise<void> {
    const key = `honest/${caller}`
    for (let times = 0; !this.#isOver; times++) {
      const url = this.#urls[(caller + times) % this.#urls.length]!
      const startedAt = performance.now()
      try {
        const ack = times % STRONG_EVERY === 0 ? 'quorum' : 'local'
        await this.#post(`${url}/v1/counters/${encodeURIComponent(key)}/increment`, { ack })
        this.counted.set(key, (this.counted.get(key) ?? 0) + 1)
      } catch (error) {
        this.#failures.push(String(error))
      }
      this.#times.push(performance.now() - startedAt)
    }
  }

  #post(url: string, body: object): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': 'application/json' },
          signal: AbortSignal.timeout(ANSWER_MS),
        },
        (answer) => {
          answer.resume()
          answer.once('error', reject)
          answer.once('end', () =>
            answer.statusCode === 200 ? resolve() : reject(new Error(`${answer.statusCode}`)),
          )
        },
      )
      sent.once('error', reject)
      sent.end(JSON.stringify(body))
    })
  }
}
