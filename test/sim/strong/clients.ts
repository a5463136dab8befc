// Clients that count and read with a majority, at any node that answers, and write down what they were told.
import { TallymeshError } from '@tallymesh/core'
import { QuorumUnavailableError, type Ack, type CounterService } from '@tallymesh/sync'
import { amountOf } from '../../linear/digits.ts'
import type { Recorded } from '../../linear/recorder.ts'
import type { Cluster } from '../cluster.ts'
import type { Asked, Attempt } from '../ledger.ts'
import type { SeededRandom } from '../random.ts'
import { retryLimits } from '../retention.ts'
import type { SimNode } from '../sim-node.ts'
import { canHaveMembers } from './reach.ts'

export interface StrongPlan {
  readonly strongPerSecond?: number
  readonly retentionMs?: number
  readonly faults: readonly string[]
}

/** As in the engine. */
const USUAL_LIMIT_MS = 5000
const LIMITS_MS = [50, 400, 2000, USUAL_LIMIT_MS, USUAL_LIMIT_MS] as const
/** The sum of a key's increments stays below 2^1024, past which a total is refused. */
const INCREMENTS_OF_KEY = 250
const KEYS = 3
const MAX_TRIES = 4
const RETRY_MS = [10, 1500] as const
/** A commit that is under way, what else the journal does, and one's own: on a disk that is well. */
const LOCAL_MS = 10
/** What is given to a call once all is well, on a clock that may run three times too fast. */
const PROBE_LIMIT_MS = 20_000
/** How long all may take that is asked then. */
const PROBE_WITHIN_MS = 60_000

type StrongAck = Exclude<Ack, 'local'>

/** What a client gave up with, of its own will. */
const GIVEN_UP = new Error('the client has given up')

/** Codes of a node that could not even record it. */
const REFUSALS: ReadonlySet<string> = new Set(['ERR_STORE_WRITE', 'ERR_STOPPED'])

interface Increment {
  readonly asked: Asked
  readonly recorded: Recorded
  /** Whether some try may have counted. */
  mayCount: boolean
  /** When it was asked for first. */
  readonly since: number
}

export class StrongClients {
  readonly #cluster: Cluster
  readonly #plan: StrongPlan
  readonly #random: SeededRandom
  #increments = 0
  #isOver = false

  constructor(cluster: Cluster, plan: StrongPlan) {
    this.#cluster = cluster
    this.#plan = plan
    this.#random = cluster.random.fork('strong')
  }

  start(): void {
    const { strongPerSecond = 0 } = this.#plan
    if (strongPerSecond === 0) return
    const next = (): void => {
      if (this.#isOver) return
      this.#work()
      const meanMs = 1000 / strongPerSecond
      this.#cluster.timeline.after(-Math.log(1 - this.#random.next()) * meanMs, next)
    }
    this.#cluster.timeline.after(0, next)
  }

  stop(): void {
    this.#isOver = true
  }

  /** All is well, and all are equal: whoever can have a majority has it. */
  async probe(): Promise<void> {
    const { nodes } = this.#cluster
    const calls = nodes.flatMap((node) => {
      if (!canHaveMembers(this.#cluster, node)) return []
      return [
        ...this.#keys().map((key) => this.#probe(node, key, 'quorum')),
        this.#probe(node, this.#keys()[0]!, 'all'),
        this.#count(node, 'quorum'),
        this.#count(node, 'all'),
      ]
    })
    let isDone = false
    void Promise.all(calls).then(() => {
      isDone = true
    })
    await this.#cluster.run(PROBE_WITHIN_MS, () => isDone)
  }

  async #probe(node: SimNode, key: string, consistency: StrongAck): Promise<void> {
    try {
      await this.#read(node, key, { consistency, timeoutMs: PROBE_LIMIT_MS, signal: undefined })
    } catch (error) {
      this.#fault(`all is well, and a read '${consistency}' at ${node.name} fails: ${said(error)}`)
    }
  }

  async #count(node: SimNode, ack: StrongAck): Promise<void> {
    const increment = this.#newIncrement(false)
    try {
      await this.#askFor(node, increment, ack, { timeoutMs: PROBE_LIMIT_MS })
    } catch (error) {
      this.#fault(`all is well, and an increment '${ack}' at ${node.name} fails: ${said(error)}`)
    }
  }

  #keys(): string[] {
    const round = Math.floor(this.#increments / (KEYS * INCREMENTS_OF_KEY))
    return Array.from({ length: KEYS }, (_, i) => `strong-${round}-${i}`)
  }

  #work(): void {
    const node = this.#anyNode()
    if (node === undefined) return
    if (this.#random.chance(0.5)) void this.#tryRead(node)
    else void this.#tryIncrement(node, this.#newIncrement(this.#random.chance(0.4)), 1)
    // Some come many at once.
    if (this.#random.chance(0.2)) this.#work()
  }

  #anyNode(): SimNode | undefined {
    const live = this.#cluster.live()
    return live.length === 0 ? undefined : this.#random.pick(live)
  }

  #options(): { timeoutMs: number | undefined; signal: AbortSignal | undefined } {
    const timeoutMs = this.#random.pick(LIMITS_MS)
    if (!this.#random.chance(0.05)) return { timeoutMs, signal: undefined }
    const controller = new AbortController()
    this.#cluster.timeline.after(this.#random.between(0, 400), () => controller.abort(GIVEN_UP))
    return { timeoutMs, signal: controller.signal }
  }

  // Reads

  async #tryRead(node: SimNode): Promise<void> {
    const consistency = this.#random.chance(0.8) ? 'quorum' : 'all'
    const options = { consistency, ...this.#options() } as const
    try {
      await this.#read(node, this.#random.pick(this.#keys()), options)
    } catch (error) {
      const isOwn = options.signal?.aborted === true && error === GIVEN_UP
      if (!isOwn && !this.#isExpected(node, error, false))
        this.#fault(`a read at ${node.name} ends with ${said(error)}`)
    }
  }

  async #read(
    node: SimNode,
    key: string,
    options: {
      readonly consistency: StrongAck
      readonly timeoutMs: number | undefined
      readonly signal: AbortSignal | undefined
    },
  ): Promise<void> {
    const { recorder, strongCalls } = this.#cluster
    const limitMs = options.timeoutMs ?? USUAL_LIMIT_MS
    const ended = strongCalls.begin(node, `a read of ${key}`, limitMs, false)
    const recorded = recorder.begin(key)
    try {
      const value = await node.service!.read(key, given(options))
      if (ended()) recorded.end('ok', value)
    } catch (error) {
      if (!ended()) return
      recorded.end('fail')
      throw error
    }
  }

  // Increments

  #newIncrement(hasId: boolean): Increment {
    const since = this.#cluster.timeline.now
    const keys = this.#keys()
    const number = this.#increments++
    const key = keys[number % KEYS]!
    const amount = amountOf(Math.floor(number / KEYS) % INCREMENTS_OF_KEY)
    const asked = { key, amount, ...(hasId ? { requestId: `strong-${number}` } : {}) }
    return { asked, recorded: this.#cluster.recorder.begin(key, amount), mayCount: false, since }
  }

  async #tryIncrement(node: SimNode, increment: Increment, tries: number): Promise<void> {
    const ack = this.#ack(tries)
    try {
      await this.#askFor(node, increment, ack, this.#options())
      // The answer was lost on its way.
      if (this.#random.chance(0.1)) this.#again(increment, tries)
    } catch (error) {
      if (error !== GIVEN_UP && !this.#isExpected(node, error, true))
        this.#fault(`an increment at ${node.name} ends with ${said(error)}`)
      this.#again(increment, tries)
    }
  }

  #ack(tries: number): Ack {
    const kind = this.#random.next()
    if (tries === 1 && kind < 0.4) return 'local'
    return kind < 0.85 ? 'quorum' : 'all'
  }

  #again(increment: Increment, tries: number): void {
    const { asked, recorded, mayCount, since } = increment
    const { timeline } = this.#cluster
    const { giveUpMs, waitMs } = retryLimits(this.#plan)
    const isLate = timeline.now - since + waitMs > giveUpMs
    if (asked.requestId === undefined || tries === MAX_TRIES || isLate)
      return recorded.end(mayCount ? 'info' : 'fail')
    const [least, most] = RETRY_MS
    timeline.after(this.#random.between(least, Math.min(most, waitMs)), () => {
      const node = this.#isOver ? undefined : this.#anyNode()
      if (node !== undefined) void this.#tryIncrement(node, increment, tries + 1)
    })
  }

  /** Rejects with what the call does; resolves never where the node's process dies. */
  async #askFor(
    node: SimNode,
    increment: Increment,
    ack: Ack,
    options: { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const { ledger, strongCalls, timeline } = this.#cluster
    const { asked, recorded } = increment
    const attempt: Attempt = { node, increments: [asked], state: 'waiting' }
    ledger.ask(attempt)
    const limitMs = options.timeoutMs ?? USUAL_LIMIT_MS
    const ended = strongCalls.begin(node, `an increment of ${asked.key}`, limitMs, true)
    const begunAt = timeline.now
    const before = increment.mayCount
    // Until it is known better, and for good where the process dies.
    increment.mayCount = true
    try {
      const result = await add(node.service!, asked, { ack, ...options })
      if (!ended() || attempt.state !== 'waiting') return
      ledger.answered(attempt, [result])
      // What is acknowledged here alone is pending for all others.
      if (ack !== 'local') recorded.end('ok')
      else this.#checkNotDelayed(node, timeline.now - begunAt)
    } catch (error) {
      if (!ended() || attempt.state !== 'waiting') return
      if (error instanceof QuorumUnavailableError && error.recorded) ledger.recorded(attempt)
      else if (error === GIVEN_UP) ledger.withdrawn(attempt)
      else ledger.failed(attempt, error)
      increment.mayCount = before || (error instanceof QuorumUnavailableError && error.recorded)
      throw error
    }
  }

  #checkNotDelayed({ name }: SimNode, tookMs: number): void {
    const { faults } = this.#plan
    if (faults.includes('slow-disk') || tookMs <= LOCAL_MS) return
    this.#fault(`an increment that asks for no majority took ${tookMs} ms at ${name}`)
  }

  /** Whether a call may end so. */
  #isExpected(node: SimNode, error: unknown, records: boolean): boolean {
    if (error instanceof QuorumUnavailableError) {
      const { members } = this.#cluster
      const named = [...error.reached, ...error.missed].sort()
      return named.join() === [...members].sort().join() && error.recorded === records
    }
    if (!(error instanceof TallymeshError) || !REFUSALS.has(error.code)) return false
    return error.code === 'ERR_STOPPED'
      ? node.service === undefined
      : this.#plan.faults.includes('refusing-disk')
  }

  #fault(message: string): void {
    this.#cluster.violate('strong-calls-end', message)
  }
}

/** Options without those that are left out. */
const given = <T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }

const add = (
  service: CounterService,
  { key, amount, requestId }: Asked,
  options: {
    readonly ack: Ack
    readonly timeoutMs?: number | undefined
    readonly signal?: AbortSignal | undefined
  },
): ReturnType<CounterService['increment']> =>
  service.increment(key, amount, given({ requestId, ...options }))

const said = (error: unknown): string =>
  error instanceof QuorumUnavailableError
    ? `${error.message} (cause: ${String(error.cause)})`
    : String(error)
