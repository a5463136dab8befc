// What the clients know: what they asked for, what they were told, and so what must be there.
import { hashRequestId, TallymeshError } from '@tallymesh/core'
import type { CounterService, IncrementResult } from '@tallymesh/sync'
import { peerOf } from '../../packages/sync/src/handing-on.ts'
import type { OutsideCounter } from './outside.ts'
import { ownOf } from './own-records.ts'
import type { SimNode } from './sim-node.ts'

export interface Asked {
  readonly key: string
  readonly amount: bigint
  readonly requestId?: string
}

/** One call: increments that are recorded all or none. */
export interface Attempt {
  readonly node: SimNode
  readonly increments: readonly Asked[]
  state: 'waiting' | 'acknowledged' | 'refused' | 'unknown'
}

/** What the slots of one owner on one key must come to. */
export interface SlotSum {
  total: bigint
  ops: number
}

/** An increment that a replica is known to have recorded. */
export interface Write {
  readonly asked: Asked
  readonly seq: number
  readonly hash: string | undefined
}

/** One application of a request that a replica was told to have. */
interface Duplicate {
  readonly replica: string
  readonly seq: number
  readonly identity: string
}

/** It counted, and its process died before it could say as which operation. */
const UNKNOWN_SEQ = 0

/** Errors that say that nothing was recorded. */
const REFUSALS: ReadonlySet<string> = new Set([
  'ERR_STORE_WRITE',
  'ERR_STOPPED',
  'ERR_REQUEST_CONFLICT',
  'ERR_TOTAL_LIMIT',
])

export interface LedgerEvents {
  readonly violate: (message: string) => void
  readonly acknowledged: (attempt: Attempt) => void
}

export class Ledger {
  readonly #isExact: boolean
  readonly #events: LedgerEvents
  readonly #waiting = new Set<Attempt>()
  /** Calls whose process died, in the order in which they were made, until it is seen what became of them. */
  readonly #unknown = new Map<SimNode, Attempt[]>()
  readonly #slots = new Map<string, Map<string, SlotSum>>()
  /** Requests that some replica recorded, by what makes them one request: id, key and amount. */
  readonly #requests = new Map<string, { readonly asked: Asked; readonly at: Set<string> }>()
  readonly #plain = new Map<string, { value: bigint; ops: number }>()
  readonly #duplicates: Duplicate[] = []
  readonly #writes = new Map<string, Write[]>()
  readonly #keys = new Set<string>()
  /** Every call. */
  readonly attempts: Attempt[] = []
  acknowledged = 0
  refused = 0
  lost = 0
  duplicates = 0

  /** @param isExact whether no replica id goes back in time: only then must the sums be right */
  constructor(isExact: boolean, events: LedgerEvents) {
    this.#isExact = isExact
    this.#events = events
  }

  // From the clients

  ask(attempt: Attempt): void {
    this.attempts.push(attempt)
    this.#waiting.add(attempt)
  }

  answered(attempt: Attempt, results: readonly IncrementResult[]): void {
    this.#settle(attempt, 'acknowledged')
    this.acknowledged++
    this.#events.acknowledged(attempt)
    if (!this.#isExact) return
    results.forEach((result, i) => this.#take(attempt, attempt.increments[i]!, result))
  }

  failed(attempt: Attempt, error: unknown): void {
    if (!(error instanceof TallymeshError && REFUSALS.has(error.code)))
      this.#events.violate(`an increment failed with ${String(error)}`)
    this.#settle(attempt, 'refused')
    this.refused++
  }

  /** It was recorded, whatever else was asked for; as which operation, the caller was not told. */
  recorded(attempt: Attempt): void {
    this.#settle(attempt, 'acknowledged')
    this.acknowledged++
    if (!this.#isExact) return
    const own = ownOf(attempt.node)
    for (const asked of attempt.increments) {
      const { peer } = attempt.node
      if (asked.requestId === undefined) this.#record(peer, asked, UNKNOWN_SEQ)
      else if (!this.#requests.get(identityOf(asked))?.at.has(peer)) {
        const found = own.requests.get(nameOf(asked))
        // Elsewhere, if not here: it was known already.
        if (found !== undefined) this.#record(found.replica, asked, found.seq)
      }
    }
  }

  /** Its client has taken it back before it was recorded. */
  withdrawn(attempt: Attempt): void {
    this.#settle(attempt, 'refused')
    this.refused++
  }

  /** The process of `node` died. */
  crashed(node: SimNode): void {
    const lost = [...this.#waiting].filter((attempt) => attempt.node === node)
    for (const attempt of lost) this.#settle(attempt, 'unknown')
    this.lost += lost.length
    this.#unknown.set(node, [...(this.#unknown.get(node) ?? []), ...lost])
  }

  /** A new process has loaded what the last one left: now it shows what became of the calls that it lost. */
  restarted(node: SimNode): void {
    const lost = this.#unknown.get(node) ?? []
    this.#unknown.delete(node)
    const { service } = node
    if (service === undefined) return
    const own = ownOf(node)
    let left = own.ops - this.#opsOf(node.peer)
    const plain: Asked[] = []
    for (const asked of lost.flatMap(({ increments }) => increments)) {
      if (asked.requestId === undefined) plain.push(asked)
      else if (!this.#requests.get(identityOf(asked))?.at.has(node.peer)) {
        const found = own.requests.get(nameOf(asked))
        if (found === undefined) continue
        this.#record(found.replica, asked, found.seq)
        left--
      }
    }
    if (left < 0 || left > plain.length)
      this.#events.violate(
        `${node.name} holds ${left} operations more than it acknowledged, of ${plain.length} that it may have recorded`,
      )
    // Commits go in the order of the calls.
    for (const asked of plain.slice(0, Math.max(0, left)))
      this.#record(node.peer, asked, UNKNOWN_SEQ)
  }

  /** What is held in the end of a counter that was kept elsewhere: not less than was acknowledged. */
  settle({ replica, writes, acknowledged }: OutsideCounter, service: CounterService): void {
    const reached = new Map<string, number>()
    for (const { asked, seq } of writes) {
      const held = service.slots(asked.key).find((slot) => slot.replica === replica)?.seq ?? 0
      reached.set(asked.key, held)
      if (seq <= acknowledged && held < seq)
        this.#events.violate(
          `what ${replica} counted at ${seq} on ${asked.key} was merged, and is gone`,
        )
    }
    for (const { asked, seq } of writes)
      if (seq <= reached.get(asked.key)!) this.#record(replica, asked, seq)
  }

  // For the checkers

  get isQuiet(): boolean {
    return this.#waiting.size === 0
  }

  keys(): ReadonlySet<string> {
    return this.#keys
  }

  /** What was recorded under `replica`, as far as its operation number is known. */
  writesOf(replica: string): readonly Write[] {
    return this.#writes.get(replica) ?? []
  }

  /** What the slots of all epochs of `owner` must come to in the end. */
  slotsOf(owner: string): ReadonlyMap<string, SlotSum> {
    return this.#slots.get(owner) ?? new Map<string, SlotSum>()
  }

  owners(): string[] {
    return [...this.#slots.keys()]
  }

  /** Each request once, however often it was recorded. */
  expected(key: string): { value: bigint; ops: number } {
    const plain = this.#plain.get(key) ?? { value: 0n, ops: 0 }
    let { value, ops } = plain
    for (const { asked } of this.#requests.values()) {
      if (asked.key !== key) continue
      value += asked.amount
      ops++
    }
    return { value, ops }
  }

  /** Answers that said "duplicate" of something that nobody ever recorded. */
  unfoundedDuplicates(): string[] {
    return this.#duplicates
      .filter(({ replica, identity }) => !this.#requests.get(identity)?.at.has(peerOf(replica)))
      .map(({ replica, seq, identity }) => `${identity} at ${replica}, ${seq}`)
  }

  #settle(attempt: Attempt, state: 'acknowledged' | 'refused' | 'unknown'): void {
    attempt.state = state
    this.#waiting.delete(attempt)
  }

  #take(attempt: Attempt, asked: Asked, result: IncrementResult): void {
    if (result.duplicate) {
      this.duplicates++
      this.#duplicates.push({ ...result, identity: identityOf(asked) })
      return
    }
    this.#record(result.replica, asked, result.seq)
    const { service, name } = attempt.node
    const { ops = 0 } = this.slotsOf(peerOf(result.replica)).get(asked.key) ?? {}
    if (service !== undefined && service.getOps(asked.key) < ops)
      this.#events.violate(
        `${name} does not show what it acknowledged, ${asked.key} at ${result.seq}`,
      )
  }

  #record(replica: string, asked: Asked, seq: number): void {
    const owner = peerOf(replica)
    const byKey = this.#slots.get(owner) ?? new Map<string, SlotSum>()
    this.#slots.set(owner, byKey)
    const sum = byKey.get(asked.key) ?? { total: 0n, ops: 0 }
    byKey.set(asked.key, sum)
    const { requestId } = asked
    sum.total += asked.amount
    sum.ops++
    this.#keys.add(asked.key)
    this.#note(replica, { asked, seq, hash: requestId && hashRequestId(requestId) })
    if (requestId !== undefined) {
      const known = this.#requests.get(identityOf(asked)) ?? { asked, at: new Set<string>() }
      if (known.at.has(owner)) this.#events.violate(`${owner} recorded ${identityOf(asked)} twice`)
      known.at.add(owner)
      this.#requests.set(identityOf(asked), known)
      return
    }
    const plain = this.#plain.get(asked.key) ?? { value: 0n, ops: 0 }
    this.#plain.set(asked.key, { value: plain.value + asked.amount, ops: plain.ops + 1 })
  }

  #note(replica: string, write: Write): void {
    if (write.seq === UNKNOWN_SEQ) return
    const writes = this.#writes.get(replica)
    if (writes === undefined) this.#writes.set(replica, [write])
    else writes.push(write)
  }

  #opsOf(owner: string): number {
    return [...this.slotsOf(owner).values()].reduce((sum, { ops }) => sum + ops, 0)
  }
}

/** As `ownOf` names it. */
const nameOf = ({ requestId, key, amount }: Asked): string =>
  `${hashRequestId(requestId!)}/${key}/${amount}`

const identityOf = ({ requestId, key, amount }: Asked): string => `${requestId}/${key}/${amount}`
