// One run: clients count at the peers, peers are killed and come back, and all is counted up again.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '../sim/random.ts'
import { whyNoNamespaces } from '../support/namespaces.ts'
import { Violation } from './checker.ts'
import { Client, type Scene } from './client.ts'
import { Cluster } from './cluster.ts'
import { Gate } from './gate.ts'
import { History } from './history.ts'
import { Ledger } from './ledger.ts'
import { Links } from './links.ts'
import { Report } from './report.ts'
import { Rounds } from './rounds.ts'
import { StrongClient } from './strong/client.ts'
import { StrongRounds } from './strong/rounds.ts'
import { Tally } from './strong/tally.ts'

export interface RunOptions {
  readonly rounds: number
  readonly peers: number
  readonly clients: number
  readonly seed: number
  /** Whether the peers are each other's members. */
  readonly members: boolean
  /** Strong calls beside local ones; the history has to be linearizable. */
  readonly strong?: boolean
  /** How long a member may be down or frozen; it outlasts a member's patience if left out. */
  readonly longestFaultMs?: number
  /** The file for the history. */
  readonly history?: string | undefined
  /** Peers run from the sources; else as they were built. */
  readonly source?: boolean
  /** Ends the run early. */
  readonly signal?: AbortSignal
}

export interface RunResult {
  readonly lines: readonly string[]
  /** In words; undefined where all promises were kept. */
  readonly violation: string | undefined
  /** The folder of the peers' data and logs, kept only after a violation. */
  readonly kept: string | undefined
}

/** Few, so that calls meet. */
const STRONG_NAMES = ['apples', '🧮', 'k'.repeat(500)]

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()))

const createClients = (
  { seed, clients, strong }: RunOptions,
  scene: Scene,
  tally: Tally,
  random: SeededRandom,
): (Client | StrongClient)[] =>
  Array.from({ length: clients }, (_, at) => {
    const name = `seed ${seed} client ${at}`
    const own = random.fork(name)
    return strong ? new StrongClient(name, scene, tally, own) : new Client(name, scene, own)
  })

/** Links are cut by strong runs, where there can be any. */
const linksOf = async ({ strong, peers }: RunOptions): Promise<Links | undefined> => {
  const why = strong === true ? whyNoNamespaces() : 'nothing is cut'
  return why === undefined ? Links.create(peers) : undefined
}

/** @throws {Violation} */
const runIn = async (
  folder: string,
  options: RunOptions,
  shared: Omit<Scene, 'targets'>,
  tally: Tally,
  onRound: (done: number) => void,
): Promise<void> => {
  const { peers, members, source = false } = options
  const random = new SeededRandom(`torture ${options.seed}`)
  const ended = Promise.withResolvers<never>()
  const over = new AbortController()
  await using links = await linksOf(options)
  const place = { peers, members, source, folder, onEnd: ended.reject, signal: over.signal, links }
  await using cluster = await Cluster.start(place, shared.ledger, shared.report)
  const scene = { ...shared, targets: cluster.peers }
  const clients = createClients(options, scene, tally, random)
  const faults = random.fork('kills')
  const rounds = options.strong
    ? new StrongRounds(cluster, scene, tally, faults, over.signal, options.longestFaultMs, links)
    : new Rounds(cluster, scene, faults, over.signal)
  const work = [rounds.run(options.rounds, onRound), ...clients.map((client) => client.run())]
  const interrupted = untilAborted(options.signal ?? new AbortController().signal)
  try {
    // Clients end only by a violation, unless they are stopped.
    await Promise.race([...work, ended.promise, interrupted])
  } finally {
    over.abort()
    for (const client of clients) client.stop()
    scene.gate.open()
    await cluster[Symbol.asyncDispose]()
    await Promise.allSettled(work)
  }
}

/** Everything that it starts and makes is gone when it resolves, but for the folder after a violation. */
export const torture = async (
  options: RunOptions,
  onRound: (done: number) => void = () => undefined,
): Promise<RunResult> => {
  const { strong = false } = options
  const ledger = strong ? new Ledger(STRONG_NAMES, [1n]) : new Ledger()
  const [report, gate, tally] = [new Report(), new Gate(), new Tally()]
  const folder = await mkdtemp(join(tmpdir(), 'tallymesh-torture-'))
  let violation: Violation | undefined
  try {
    await using history = new History(options.history, strong)
    try {
      await runIn(folder, options, { ledger, report, gate, history }, tally, onRound)
    } finally {
      tally.judged(history.events)
    }
    if (tally.verdict !== undefined) throw new Violation(tally.verdict)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    violation = error
  } finally {
    if (violation === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return {
    lines: [...report.lines(ledger), ...(strong ? tally.lines() : [])],
    violation: violation?.message,
    kept: violation && folder,
  }
}
