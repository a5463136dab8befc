// The peers of a run: started together, killed and started again one by one, and asked whether they agree.
import { join } from 'node:path'
import { type PlannedPeer, planCluster } from '../../scripts/cluster.ts'
import { until } from '../support/until.ts'
import { Violation } from './checker.ts'
import type { Target } from './client.ts'
import type { CountedKey, Ledger } from './ledger.ts'
import type { Links } from './links.ts'
import { Peer } from './peer.ts'
import type { Report } from './report.ts'
import { listAll, rootOf } from './requests.ts'
import { Shown } from './shown.ts'

export interface ClusterOptions {
  readonly peers: number
  /** Whether the peers are each other's members. */
  readonly members: boolean
  /** The folder of all peers' data and logs. */
  readonly folder: string
  readonly source: boolean
  /** Where links are cut: each peer is on a machine of its own, as it were. */
  readonly links?: Links | undefined
  readonly onEnd: (violation: Violation) => void
  /** Ends what waits. */
  readonly signal: AbortSignal
}

export interface TorturedPeer extends Target {
  readonly process: Peer
}

const AGREE_MS = 60_000

/** Away from the ports that the system hands out: a connection to one of those may meet itself. */
const firstPort = (): number => 12_000 + 10 * Math.floor(Math.random() * 1500)

/** Between the choice of a port and its use, another program may take it. */
const MOST_ATTEMPTS = 5
const isPortTaken = (error: unknown): boolean =>
  error instanceof Violation && error.message.includes('is taken by another program')

const withoutMembers = (args: readonly string[]): string[] =>
  args.filter((arg, at) => arg !== '--member' && args[at - 1] !== '--member')

const httpOf = ({ args }: PlannedPeer): string => `http://${args[args.indexOf('--http') + 1]}`

export class Cluster implements AsyncDisposable {
  readonly peers: readonly TorturedPeer[]
  readonly #ledger: Ledger
  readonly #report: Report
  readonly #signal: AbortSignal

  private constructor(
    peers: readonly TorturedPeer[],
    ledger: Ledger,
    report: Report,
    signal: AbortSignal,
  ) {
    this.peers = peers
    this.#ledger = ledger
    this.#report = report
    this.#signal = signal
  }

  /**
   * Resolves once all peers serve.
   *
   * @throws {Violation}
   */
  static async start(options: ClusterOptions, ledger: Ledger, report: Report): Promise<Cluster> {
    for (let attempt = 1; ; attempt++) {
      const cluster = await Cluster.#plan(options, ledger, report)
      try {
        await Promise.all(cluster.peers.map((peer) => peer.process.start()))
        return cluster
      } catch (error) {
        await cluster[Symbol.asyncDispose]()
        if (attempt === MOST_ATTEMPTS || !isPortTaken(error)) throw error
      }
    }
  }

  static async #plan(options: ClusterOptions, ledger: Ledger, report: Report): Promise<Cluster> {
    const { folder, members, source, onEnd, signal, links } = options
    const planned = await planCluster(options.peers, { data: folder, firstPort: firstPort() }, [])
    const plans = links === undefined ? planned : links.plan(planned)
    const peers: TorturedPeer[] = []
    for (const [at, each] of plans.entries()) {
      const plan = members ? each : { ...each, args: withoutMembers(each.args) }
      const log = join(folder, `peer-${plan.number}.log`)
      const process = new Peer({ plan, log, source, onEnd, within: links?.within(at) ?? [] })
      const here = httpOf(plan)
      const http = (await links?.reach(at, Number(new URL(here).port), folder)) ?? here
      peers.push({ http, shown: new Shown(process.name), process })
    }
    return new Cluster(peers, ledger, report, signal)
  }

  /**
   * Holds all that a peer has to what it has shown and acknowledged, and `must` besides, where given.
   *
   * @throws {Violation}
   */
  async check(
    { http, shown }: TorturedPeer,
    must?: (counter: CountedKey) => bigint,
  ): Promise<void> {
    const { keys } = this.#ledger
    const before = new Map([...keys.values()].map((counter) => [counter, shown.of(counter)]))
    const list = await listAll(http)
    for (const key of list.keys())
      if (!keys.has(key)) throw new Violation(`${shown.name} has a key that nobody sent: ${key}`)
    for (const [counter, floor] of before) {
      const reading = list.get(counter.key) ?? { value: 0n, ops: 0 }
      shown.take(counter, reading, floor | (must?.(counter) ?? 0n))
    }
    this.#report.checks++
  }

  /**
   * Waits until all peers hold the same, and settles what that is. Nothing may be under way.
   *
   * @throws {Violation}
   */
  async agree(): Promise<void> {
    const startedAt = performance.now()
    const areEqual = async (): Promise<boolean> => {
      if (this.#signal.aborted) return true
      const roots = new Set(await Promise.all(this.peers.map(({ http }) => rootOf(http))))
      return roots.size === 1 && !roots.has(undefined)
    }
    const agreed = await until('all roots are equal', areEqual, { withinMs: AGREE_MS }).catch(
      () => false,
    )
    // What any peer has shown was durable there, and so is everybody's now.
    const everything = (counter: CountedKey): bigint =>
      this.peers.reduce((all, { shown }) => all | shown.of(counter), counter.must)
    for (const peer of this.peers) await this.check(peer, everything)
    if (!agreed) throw new Violation(`the peers do not agree after ${AGREE_MS} ms`)
    const ms = performance.now() - startedAt
    this.#report.slowestAgreementMs = Math.max(this.#report.slowestAgreementMs, ms)
    this.#settle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.peers.map(({ process }) => process.kill()))
  }

  #settle(): void {
    const [first] = this.peers
    for (const counter of this.#ledger.keys.values())
      this.#ledger.settle(counter, first!.shown.of(counter))
    const torn = this.#ledger.tornBatch()
    if (torn === undefined) return
    const parts = torn.map(({ counter, digit }) => `${counter.name} 4^${digit}`)
    throw new Violation(`of one batch, some counted and some did not: ${parts.join(', ')}`)
  }
}
