// One run: clients count at the peers, peers are killed and come back, and all is counted up again.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { SeededRandom } from '../sim/random.ts'
import { Violation } from './checker.ts'
import { Client, type Scene } from './client.ts'
import { Cluster, type TorturedPeer } from './cluster.ts'
import { Gate } from './gate.ts'
import { History } from './history.ts'
import { type EarlyKill, planRound, READY_KILL_MS, type Victim } from './kills.ts'
import { Ledger } from './ledger.ts'
import { Report } from './report.ts'

export interface RunOptions {
  readonly rounds: number
  readonly peers: number
  readonly clients: number
  readonly seed: number
  /** Whether the peers are each other's members. */
  readonly members: boolean
  /** The file for the history. */
  readonly history?: string | undefined
  /** Peers run from the sources; else as they were built. */
  readonly source?: boolean
}

export interface RunResult {
  readonly lines: readonly string[]
  /** In words; undefined where all promises were kept. */
  readonly violation: string | undefined
  /** The folder of the peers' data and logs, kept only after a violation. */
  readonly kept: string | undefined
}

/** Peers that run acknowledge something within this. */
const PROGRESS_MS = 60_000

class Run {
  readonly #cluster: Cluster
  readonly #scene: Scene
  readonly #random: SeededRandom
  #isOver = false

  constructor(cluster: Cluster, scene: Scene, random: SeededRandom) {
    this.#cluster = cluster
    this.#scene = scene
    this.#random = random
  }

  /** @throws {Violation} */
  async rounds(count: number, onRound: (done: number) => void): Promise<void> {
    const { report } = this.#scene
    await this.#cluster.start()
    while (report.rounds < count && !this.#isOver) {
      await this.#round()
      onRound(++report.rounds)
    }
  }

  /** Starts nothing any more. */
  end(): void {
    this.#isOver = true
  }

  async #round(): Promise<void> {
    const { ledger, gate } = this.#scene
    const { peers } = this.#cluster
    const { acknowledged, thenMs, victims } = planRound(this.#random, peers.length)
    await inTime(ledger.untilAcknowledged(acknowledged))
    await pause(thenMs)
    await Promise.all(victims.map((victim) => this.#restart(victim)))
    await gate.close()
    await this.#cluster.agree()
    gate.open()
  }

  async #restart({ peer: at, early }: Victim): Promise<void> {
    const peer = this.#cluster.peers[at]!
    await this.#kill(peer)
    for (const kill of early) await this.#startBriefly(peer, kill)
    if (this.#isOver) return
    await peer.process.start()
    // Clients have been at it since before it was ready: what it held then is there at once.
    await this.#cluster.check(peer)
  }

  async #startBriefly(peer: TorturedPeer, { at, share }: EarlyKill): Promise<void> {
    if (this.#isOver) return
    const { report } = this.#scene
    const started = peer.process.start()
    if (at === 'starting') {
      await pause(share * peer.process.startMs)
      report.killsWhileStarting++
    } else {
      await started
      await pause(share * READY_KILL_MS)
      report.killsAtReady++
    }
    await this.#kill(peer)
    await started
  }

  async #kill({ process }: TorturedPeer): Promise<void> {
    this.#scene.report.kills++
    await process.kill()
  }
}

const inTime = async (progress: Promise<void>): Promise<void> => {
  const limit = new AbortController()
  const late = pause(PROGRESS_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Violation(`nothing was acknowledged for ${PROGRESS_MS} ms, though peers run`)
  })
  await Promise.race([progress, late]).finally(() => limit.abort())
}

const violationIn = async (work: Promise<unknown>): Promise<Violation | undefined> => {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof Violation) return error
    throw error
  }
}

/** Everything that it starts and makes is gone when it resolves, but for the folder after a violation. */
export const torture = async (
  options: RunOptions,
  onRound: (done: number) => void = () => undefined,
): Promise<RunResult> => {
  const random = new SeededRandom(`torture ${options.seed}`)
  const folder = await mkdtemp(join(tmpdir(), 'tallymesh-torture-'))
  const ended = Promise.withResolvers<never>()
  const [ledger, report, gate] = [new Ledger(), new Report(), new Gate()]
  let violation: Violation | undefined
  {
    await using history = new History(options.history)
    const { peers, members, source = false } = options
    const place = { peers, members, source, folder, onEnd: ended.reject }
    await using cluster = await Cluster.plan(place, ledger, report)
    const scene = { targets: cluster.peers, ledger, history, report, gate }
    const run = new Run(cluster, scene, random.fork('kills'))
    const clients = Array.from({ length: options.clients }, (_, at) => {
      const name = `seed ${options.seed} client ${at}`
      return new Client(name, scene, random.fork(name))
    })
    const running = clients.map((client) => client.run())
    const rounds = run.rounds(options.rounds, onRound)
    violation = await violationIn(Promise.race([rounds, ended.promise, Promise.all(running)]))
    run.end()
    for (const client of clients) client.stop()
    gate.open()
    await cluster[Symbol.asyncDispose]()
    await Promise.allSettled([rounds, ...running])
  }
  if (violation === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  return {
    lines: report.lines(ledger),
    violation: violation?.message,
    kept: violation && folder,
  }
}
