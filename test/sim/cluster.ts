// All of a run: time, network, nodes, and who watches them.
import type { Checker, MakeChecker } from './checker.ts'
import { Recorder } from '../linear/recorder.ts'
import { SimDisk, type Records } from './disk.ts'
import { noFaults, type FaultCounts } from './faults.ts'
import { Ledger } from './ledger.ts'
import { SimNetwork, type NetworkOptions } from './network/network.ts'
import type { OutsideCounter } from './outside.ts'
import { SeededRandom } from './random.ts'
import { SimNode, type Ports } from './sim-node.ts'
import { StrongCalls } from './strong/calls.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { Traffic } from './traffic.ts'

export interface Violation {
  readonly checker: string
  readonly message: string
  /** Virtual milliseconds. */
  readonly time: number
}

export interface ClusterOptions extends Omit<NetworkOptions, 'messageLifeMs'> {
  readonly seed: string
  /** See the plan. */
  readonly isExact: boolean
  /** See the plan. */
  readonly hasDigits?: boolean | undefined
  /** See the plan. */
  readonly retentionMs?: number | undefined
  readonly checkers: readonly MakeChecker[]
  readonly print?: ((line: string) => void) | undefined
  readonly wrap?: ((ports: Ports) => Ports) | undefined
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const PEER_ID_BYTES = 52
/** How long a message may take at most, where that matters: gossip, or a state that someone carries. */
export const MESSAGE_LIFE_MS = 3000

const TEN_YEARS_MS = 10 * 365 * 24 * 3600 * 1000

export class Cluster {
  readonly random: SeededRandom
  readonly timeline = new Timeline()
  readonly faults: FaultCounts = noFaults()
  readonly trace: Trace
  readonly traffic = new Traffic()
  readonly network: SimNetwork
  readonly ledger: Ledger
  /** What was asked with a majority, and answered. */
  readonly recorder = new Recorder(() => this.timeline.now)
  readonly strongCalls = new StrongCalls(this.timeline, (message) =>
    this.violate('strong-calls-end', message),
  )
  readonly nodes: SimNode[] = []
  /** Peer ids; to be filled before a node starts. */
  readonly members: string[] = []
  /** Counters that are kept outside, and merged in now and then. */
  readonly outside: OutsideCounter[] = []
  /** What the nodes logged, by message. */
  readonly logged = new Map<string, number>()
  /** How many strong reads took how many rounds, by the number of rounds. */
  readonly rounds: number[] = []
  violation: Violation | undefined
  /** All that was wrong is over. */
  isHealed = false
  readonly #options: ClusterOptions
  readonly #checkers: Checker[]

  constructor(options: ClusterOptions) {
    this.#options = options
    this.random = new SeededRandom(options.seed)
    this.trace = new Trace(this.timeline, options.print)
    this.network = new SimNetwork(
      this.timeline,
      this.random.fork('network'),
      this.faults,
      this.trace,
      { ...options, messageLifeMs: options.hasDigits === true ? MESSAGE_LIFE_MS : Infinity },
      {
        published: (from, message) => {
          this.traffic.published(from)
          for (const checker of this.#checkers) checker.published?.(from, message)
        },
        gossiped: (from, _, message) => this.traffic.gossiped(from, message),
        opened: (from, to) => this.traffic.opened(from, to),
        closed: (from, to, isBroken) => {
          this.traffic.closed(from, to)
          if (isBroken) this.#tell((checker) => checker.broke?.(from, to))
        },
        streamed: (from, to, message, protocol) => {
          this.traffic.streamed(from, to, message)
          // What members tell each other has no slots in it.
          if (protocol !== 'sync') return
          for (const checker of this.#checkers) checker.streamed?.(from, to, message)
        },
      },
    )
    this.ledger = new Ledger(options.isExact, {
      violate: (message) => this.violate('answers', message),
      acknowledged: (attempt) => this.#tell((checker) => checker.acknowledged?.(attempt)),
    })
    this.#checkers = options.checkers.map((make) => {
      const checker: Checker = make(this, (message) => this.violate(checker.name, message))
      return checker
    })
  }

  /** A new machine, down. `twin`: the node whose peer id it has, too. */
  addNode(records?: Records, twin?: SimNode): SimNode {
    const name = `n${this.nodes.length}`
    const random = this.random.fork(name)
    const node = new SimNode({
      name,
      peer: twin?.peer ?? peerId(random),
      disk: new SimDisk(`disk of ${name}`, records),
      network: this.network,
      random,
      members: this.members,
      clockOffsetMs: TEN_YEARS_MS,
      events: {
        started: (started) => this.#tell((checker) => checker.started?.(started)),
        crashed: (crashed) => {
          this.ledger.crashed(crashed)
          this.#tell((checker) => checker.crashed?.(crashed))
        },
        agreed: (rounds) => {
          this.rounds[rounds] = (this.rounds[rounds] ?? 0) + 1
        },
        logged: (_, message, details) => this.#logged(node, message, details),
        failed: (_, error) => this.violate('start', `${name} could not start: ${String(error)}`),
      },
      wrap: this.#options.wrap ?? ((ports) => ports),
      retentionMs: this.#options.retentionMs,
    })
    this.nodes.push(node)
    return node
  }

  /** Changes a node's disk behind the back of its process, which dies. */
  tamper(node: SimNode, change: (disk: SimDisk) => void): void {
    node.crash()
    const before = node.disk.records
    change(node.disk)
    // Nothing that it said before is still under way when it comes back: a restore takes its time.
    if (this.#options.hasDigits === true) node.stayDown(MESSAGE_LIFE_MS + 1)
    this.#tell((checker) => checker.tampered?.(node, before))
  }

  get isExact(): boolean {
    return this.#options.isExact
  }

  /** Nodes that can be asked now. */
  live(): SimNode[] {
    return this.nodes.filter(({ service }) => service !== undefined)
  }

  /** Whether all nodes are up, show all that they count, and say that they hold the same. */
  isEqual(): boolean {
    if (!this.nodes.every(({ service }) => service?.status().verified === true)) return false
    return new Set(this.nodes.map(({ service }) => service!.status().root)).size <= 1
  }

  /** Whether a floor may still move though nothing is asked for. */
  get mayForget(): boolean {
    return this.#options.retentionMs !== undefined && !this.hasForgotten()
  }

  /** Whether all nodes are up, and have let go of all request records that need not stay. */
  hasForgotten(): boolean {
    return this.nodes.every(({ service }) => {
      const requests = service?.status().requests
      return requests !== undefined && requests.records === requests.kept
    })
  }

  /** The first one counts: what follows may be its consequence. */
  violate(checker: string, message: string): void {
    if (this.violation !== undefined) return
    this.violation = { checker, message, time: this.timeline.now }
    this.trace.note(checker, `VIOLATION: ${message}`)
  }

  check(moment: 'sampled' | 'healed' | 'idled'): void {
    this.#tell((checker) => checker[moment]?.())
  }

  /** Lets virtual time pass. */
  async run(ms: number, isOver: () => boolean = () => false): Promise<void> {
    await this.timeline.run(this.timeline.now + ms, () => this.violation !== undefined || isOver())
  }

  #tell(tell: (checker: Checker) => void): void {
    for (const checker of this.#checkers) {
      if (this.violation !== undefined) return
      try {
        tell(checker)
      } catch (error) {
        this.violate(checker.name, `it threw: ${String(error)}`)
      }
    }
  }

  #logged(node: SimNode, message: string, details: Readonly<Record<string, unknown>>): void {
    this.logged.set(message, (this.logged.get(message) ?? 0) + 1)
    this.#tell((checker) => checker.logged?.(node, message, details))
    const why = details['error'] instanceof Error ? `: ${details['error'].message}` : ''
    this.trace.note(node.name, `logs: ${message}${why}`)
  }
}

const peerId = (random: SeededRandom): string => {
  let id = '12D3KooW'
  while (id.length < PEER_ID_BYTES) id += BASE58[random.int(0, BASE58.length - 1)]
  return id
}
