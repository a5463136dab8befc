// A machine with a disk and a clock, and the process that runs on it now and then.
import { startReplica, type CounterService, type Log } from '@tallymesh/sync'
import { SimClock } from './clock.ts'
import { SimStore, type SimDisk } from './disk.ts'
import type { SimNetwork } from './network/network.ts'
import { Port } from './network/port.ts'
import type { SeededRandom } from './random.ts'

/** What the engine runs on can be changed here, so that a test can break a promise of it on purpose. */
export type Ports = Pick<
  Parameters<typeof startReplica>[0],
  'network' | 'store' | 'clock' | 'random'
>

export interface NodeEvents {
  /** Its process has loaded what the disk holds, and heard nothing yet. */
  started(node: SimNode): void
  /** Its process is gone, and with it all that it had not answered. */
  crashed(node: SimNode): void
  logged(node: SimNode, message: string, details: Readonly<Record<string, unknown>>): void
  /** A strong read was agreed on, in so many rounds. */
  agreed(rounds: number): void
  /** It could not start: the engine threw. */
  failed(node: SimNode, error: unknown): void
}

export interface NodeOptions {
  readonly name: string
  readonly peer: string
  readonly disk: SimDisk
  readonly network: SimNetwork
  readonly random: SeededRandom
  readonly members: readonly string[]
  /** What its clock shows when it is first started. */
  readonly clockOffsetMs: number
  readonly events: NodeEvents
  readonly wrap: (ports: Ports) => Ports
  /** See the plan. */
  readonly retentionMs: number | undefined
}

interface Process {
  readonly clock: SimClock
  readonly store: SimStore
  readonly port: Port
}

export class SimNode {
  readonly name: string
  readonly peer: string
  readonly disk: SimDisk
  readonly #options: NodeOptions
  #process: Process | undefined
  #service: CounterService | undefined
  #stopping = false
  /** How often it was started. */
  life = 0
  clockRate = 1
  #downUntil = 0

  constructor(options: NodeOptions) {
    this.name = options.name
    this.peer = options.peer
    this.disk = options.disk
    this.#options = options
  }

  /** Its service, while it can be asked. */
  get service(): CounterService | undefined {
    return this.#stopping ? undefined : this.#service
  }

  /** Whether there is a process, ready or not. */
  get isRunning(): boolean {
    return this.#process !== undefined
  }

  get clock(): SimClock | undefined {
    return this.#process?.clock
  }

  /** Whoever starts it, it starts no sooner than that. */
  stayDown(ms: number): void {
    this.#downUntil = this.#options.network.timeline.now + ms
  }

  start(): void {
    if (this.isRunning) return
    const { network, random, disk } = this.#options
    const { timeline } = network
    if (timeline.now < this.#downUntil) return void timeline.at(this.#downUntil, () => this.start())
    const life = ++this.life
    const own = random.fork(`life ${life}`)
    // A monotonic clock starts anywhere.
    const clock = new SimClock(
      network.timeline,
      this.#options.clockOffsetMs * own.next(),
      this.clockRate,
    )
    const store = new SimStore(disk, network.timeline, own.fork('disk'))
    const port = new Port(network, this.name, this.peer)
    this.#process = { clock, store, port }
    network.trace.note(this.name, 'starts')
    void this.#start(life, this.#process, own)
  }

  /** The process dies at once. */
  crash(): void {
    const process = this.#process
    if (process === undefined) return
    this.#options.network.trace.note(this.name, 'crashes')
    this.#forget()
    process.clock.stop()
    process.store.crash()
    process.port.kill()
    this.#options.events.crashed(this)
  }

  /** Stops as it should. */
  async stop(): Promise<void> {
    const { service, life } = this
    if (service === undefined) return
    this.#options.network.trace.note(this.name, 'stops')
    this.#stopping = true
    await service.stop()
    if (this.life !== life || !this.isRunning) return
    this.#process?.clock.stop()
    this.#forget()
    this.#options.network.trace.note(this.name, 'stopped')
  }

  async #start(life: number, { clock, store, port }: Process, random: SeededRandom): Promise<void> {
    const { members, events, retentionMs } = this.#options
    const isCurrent = (): boolean => this.life === life && this.isRunning
    const logged: Log['info'] = (message, details) => {
      if (isCurrent()) events.logged(this, message, details)
    }
    const ports = this.#options.wrap({ network: port, store, clock, random: random.next })
    try {
      const service = await startReplica({
        ...ports,
        namespace: 'sim',
        members,
        log: { info: logged, warn: logged },
        agreed: (rounds) => events.agreed(rounds),
        ...(retentionMs !== undefined && { requests: { retentionMs } }),
      })
      if (!isCurrent()) return
      this.#service = service
      this.#options.network.trace.note(this.name, 'started', service.status().seq)
      events.started(this)
    } catch (error) {
      if (!isCurrent()) return
      events.failed(this, error)
      this.#forget()
    }
  }

  #forget(): void {
    this.#process = undefined
    this.#service = undefined
    this.#stopping = false
  }
}
