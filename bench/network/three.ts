// Three peers as three processes, each connected to both others.
import { join } from 'node:path'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { KEYS, type LoadPlan } from './load.ts'
import { lagsOf } from './markers.ts'
import { RemoteChild } from './remote-child.ts'
import type { SubjectOptions } from './subject.ts'

const PEERS = 3
/** What gossip lost comes by anti-entropy within seconds; bare, it does not come at all. */
const SETTLE_MS = 60_000

export interface LoadResult {
  /** In all, from the first call until the last peer had everything. */
  readonly perSecond: number
  /** Each until both others had seen it, in ms. */
  readonly lags: readonly number[]
  /** Of all three, for each increment that was acknowledged, in µs. */
  readonly cpuUs: number
}

export class ThreePeers {
  readonly #children: readonly RemoteChild[]
  readonly #remove: () => PromiseLike<void>
  /** Increments that were acknowledged by any of them. */
  #counted = 0

  private constructor(children: readonly RemoteChild[], remove: () => PromiseLike<void>) {
    this.#children = children
    this.#remove = remove
  }

  /** Resolves when gossip goes from each to each, and all hold every key. */
  static async start(kind: SubjectOptions['kind']): Promise<ThreePeers> {
    const folder = await temporaryFolder()
    const children = await Promise.all(
      Array.from({ length: PEERS }, (_, peer) =>
        RemoteChild.start({ kind, folder: join(folder.path, `${peer}`), peer, peers: PEERS }),
      ),
    )
    const three = new ThreePeers(children, () => folder[Symbol.asyncDispose]())
    try {
      await three.#connect()
      return three
    } catch (error) {
      await three[Symbol.asyncDispose]()
      throw error
    }
  }

  /** How long each of so many increments at the first takes until both others have seen it, in ms. */
  async latencies(times: number): Promise<number[]> {
    const from = await this.#marked()
    await this.#children[0]!.call('count', times)
    return this.#lagsSince(from)
  }

  async load(plan: LoadPlan): Promise<LoadResult> {
    const from = await this.#marked()
    const perSecond = plan.perSecond === null ? null : plan.perSecond / PEERS
    const reports = await this.#each((child) => child.call('load', { ...plan, perSecond }))
    const acknowledged = reports.reduce((sum, report) => sum + report.acknowledged, 0)
    const cpuMs = reports.reduce((sum, report) => sum + report.cpuMs, 0)
    this.#counted += acknowledged
    const ms = (await this.#settled()) - Math.min(...reports.map(({ startedAt }) => startedAt))
    return {
      perSecond: (acknowledged * 1000) / ms,
      lags: await this.#lagsSince(from),
      cpuUs: (cpuMs * 1000) / acknowledged,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#each((child) => child.stop())
    await this.#remove()
  }

  async #connect(): Promise<void> {
    for (const [peer, child] of this.#children.entries())
      for (const other of this.#children.slice(0, peer))
        await child.call('connect', await other.call('address'))
    await this.#each((child) => child.call('meshed', PEERS - 1))
    await this.#each((child) => child.call('touch'))
    this.#counted = PEERS * KEYS
    await this.#settled()
  }

  /** When the last of them had all that was counted. */
  async #settled(): Promise<number> {
    const times = await this.#each((child) => child.call('reached', this.#counted, SETTLE_MS))
    return Math.max(...times)
  }

  #marked(): Promise<number[]> {
    return this.#each((child) => child.call('marked'))
  }

  /** Of what each has counted on its own key since, once all have seen it. */
  async #lagsSince(from: readonly number[]): Promise<number[]> {
    const marked = await this.#marked()
    await this.#each((child) =>
      Promise.all(marked.map((value, peer) => child.call('saw', peer, value))),
    )
    return lagsOf(await this.#each((child) => child.call('times')), from)
  }

  #each<T>(work: (child: RemoteChild) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#children.map(work))
  }
}
