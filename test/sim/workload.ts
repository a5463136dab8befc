// The clients: they count, at any node that answers, and try again where they must.
import type { CounterService, IncrementResult } from '@tallymesh/sync'
import type { Cluster } from './cluster.ts'
import { Digits } from './digits.ts'
import type { Asked, Attempt } from './ledger.ts'
import type { SeededRandom } from './random.ts'
import { retryLimits } from './retention.ts'
import type { SimNode } from './sim-node.ts'

export interface WorkloadOptions {
  readonly operationsPerSecond: number
  /** Few keys, that all count on, or many. */
  readonly keys: number
  /** Increments of one large batch; 0 for none. */
  readonly bulk: number
  readonly durationMs: number
  /** See the plan. */
  readonly hasDigits: boolean
  /** See the plan. */
  readonly retentionMs?: number
}

/** A client that never had an answer gives up after so many tries. */
const MAX_TRIES = 6
const BATCH = [2, 12] as const
/** Too much for gossip: it is announced, and pulled in several messages. */
const LONG_KEY = 'bulk/'.repeat(12)
const RETRY_MS = [10, 3000] as const

export class Workload {
  readonly #cluster: Cluster
  readonly #random: SeededRandom
  readonly #options: WorkloadOptions
  readonly #digits = new Digits()
  readonly #giveUpMs: number
  readonly #retryMs: readonly [number, number]
  #requests = 0
  /** Ids with all that they were asked with. */
  readonly #asked = new Set<string>()
  #isOver = false

  constructor(cluster: Cluster, options: WorkloadOptions) {
    this.#cluster = cluster
    this.#random = cluster.random.fork('workload')
    this.#options = options
    const { giveUpMs, waitMs } = retryLimits(options)
    this.#giveUpMs = giveUpMs
    this.#retryMs = [RETRY_MS[0], Math.min(RETRY_MS[1], waitMs)]
  }

  start(): void {
    const meanMs = 1000 / this.#options.operationsPerSecond
    const next = (): void => {
      if (this.#isOver) return
      this.#work()
      this.#cluster.timeline.after(-Math.log(1 - this.#random.next()) * meanMs, next)
    }
    this.#cluster.timeline.after(0, next)
    if (this.#options.bulk > 0) this.#planBulk()
  }

  /** Nobody asks for anything any more. */
  stop(): void {
    this.#isOver = true
  }

  #work(): void {
    const isBatch = this.#random.chance(0.15)
    const count = isBatch ? this.#random.int(...BATCH) : 1
    const idShare = this.#random.pick([0, 0.5, 1])
    const increments = Array.from({ length: count }, () => this.#increment(idShare))
    this.#try(increments, 1, this.#cluster.timeline.now)
    // Some come many at once, to go into one commit.
    if (this.#random.chance(0.1)) this.#work()
  }

  /** All of many keys at once, and some of them again: more than one message of a transfer holds. */
  #planBulk(): void {
    const { bulk, durationMs } = this.#options
    for (const share of [1, 0.3, 0.3])
      this.#cluster.timeline.after(this.#random.between(0, durationMs), () => {
        const increments: Asked[] = []
        for (let i = 0; i < bulk; i++)
          if (this.#random.chance(share)) increments.push(this.#increment(0.1, `${LONG_KEY}${i}`))
        this.#try(increments, 1, this.#cluster.timeline.now)
      })
  }

  #increment(idShare: number, key = this.#key()): Asked {
    const amount = this.#options.hasDigits ? this.#digits.amountFor(key) : this.#amount()
    if (amount === undefined) return this.#increment(idShare, `${key}'`)
    if (!this.#random.chance(idShare)) return { key, amount }
    // Now and then an id is used again, with another key or amount: a mistake that clients make.
    const isReused = this.#requests > 0 && this.#random.chance(0.02)
    const reused = isReused ? this.#random.int(0, this.#requests - 1) : undefined
    // The same again would be a retry, which no client makes once the id may be forgotten.
    const isRetry = this.#asked.has(`${reused} ${key} ${amount}`)
    const number = reused === undefined || isRetry ? this.#requests++ : reused
    this.#asked.add(`${number} ${key} ${amount}`)
    return { key, amount, requestId: `request-${number}` }
  }

  #key(): string {
    const { keys } = this.#options
    // Half of the work is on a few keys, however many there are.
    return `key-${this.#random.int(0, (this.#random.chance(0.5) ? Math.min(keys, 3) : keys) - 1)}`
  }

  #amount(): bigint {
    const kind = this.#random.next()
    if (kind < 0.1) return 0n
    if (kind < 0.7) return BigInt(this.#random.int(1, 9))
    if (kind < 0.9) return -BigInt(this.#random.int(1, 9))
    const sign = this.#random.chance(0.5) ? 1n : -1n
    if (kind < 0.95) return sign * BigInt(Number.MAX_SAFE_INTEGER)
    if (kind < 0.99) return sign * 2n ** BigInt(this.#random.int(54, 400))
    // Close to what a total may come to at most, so that some are refused.
    return sign * 2n ** 1022n
  }

  /** @param since when it was tried first */
  #try(increments: readonly Asked[], tries: number, since: number): void {
    if (this.#isOver || this.#cluster.timeline.now - since > this.#giveUpMs) return
    const live = this.#cluster.live()
    if (live.length === 0) return this.#later(increments, tries, since)
    const node = this.#random.pick(live)
    const attempt: Attempt = { node, increments, state: 'waiting' }
    const { ledger } = this.#cluster
    ledger.ask(attempt)
    this.#ask(node, increments).then(
      (results) => {
        if (attempt.state !== 'waiting') return
        ledger.answered(attempt, results)
        // The answer was lost on its way: the client can not know that it counted.
        if (this.#random.chance(0.3)) this.#again(attempt, tries, since)
      },
      (error: unknown) => {
        if (attempt.state !== 'waiting') return
        ledger.failed(attempt, error)
        this.#again(attempt, tries, since)
      },
    )
    this.#watch(attempt, tries, since)
  }

  /** Without an answer, a client tries elsewhere before long. */
  #watch(attempt: Attempt, tries: number, since: number): void {
    this.#cluster.timeline.after(this.#random.between(...this.#retryMs), () => {
      if (attempt.state === 'waiting' || attempt.state === 'unknown')
        this.#again(attempt, tries, since)
    })
  }

  #again({ increments }: Attempt, tries: number, since: number): void {
    // Only what has an id can be tried again and still count once.
    const repeatable = increments.every(({ requestId }) => requestId !== undefined)
    if (repeatable && tries < MAX_TRIES) this.#later(increments, tries, since)
  }

  #later(increments: readonly Asked[], tries: number, since: number): void {
    this.#cluster.timeline.after(this.#random.between(...this.#retryMs), () =>
      this.#try(increments, tries + 1, since),
    )
  }

  async #ask({ service }: SimNode, increments: readonly Asked[]): Promise<IncrementResult[]> {
    const [first] = increments
    if (increments.length > 1 || first === undefined) return service!.incrementAll(increments)
    return [await increment(service!, first)]
  }
}

const increment = (
  service: CounterService,
  { key, amount, requestId }: Asked,
): Promise<IncrementResult> =>
  // Small amounts are given as programs do.
  service.increment(
    key,
    amount >= -9n && amount <= 9n ? Number(amount) : amount,
    requestId === undefined ? {} : { requestId },
  )
