// `node bench/network/child.ts`: one peer in a process of its own, told what to do by the bench.
import { setTimeout as sleep } from 'node:timers/promises'
import { startBare } from '../peers/gossip.ts'
import { allKeys, runLoad, type LoadPlan, type LoadReport } from './load.ts'
import { Markers, markerOf, type MarkerTimes } from './markers.ts'
import { startReplica } from './replica.ts'
import { sharedNow, type Subject, type SubjectOptions } from './subject.ts'

/** Idle for longer than a flush window, and not in step with any timer. */
const PAUSE_MS = 45
const JITTER_MS = 20

export interface ChildOptions extends SubjectOptions {
  /** Its number among so many. */
  readonly peer: number
  readonly peers: number
}

/** A peer that follows orders; each answer travels between processes. */
export class Child {
  readonly #subject: Subject
  readonly #peer: number
  readonly #markers: Markers

  private constructor(subject: Subject, { peer, peers }: ChildOptions) {
    this.#subject = subject
    this.#peer = peer
    this.#markers = new Markers(subject, peer, peers)
    subject.onSeen(() => this.#markers.look())
  }

  static async start(options: ChildOptions): Promise<Child> {
    const subject = options.kind === 'bare' ? await startBare() : await startReplica(options)
    return new Child(subject, options)
  }

  async address(): Promise<string> {
    return this.#subject.address
  }

  connect(address: string): Promise<void> {
    return this.#subject.connect(address)
  }

  meshed(others: number): Promise<void> {
    return this.#subject.meshed(others)
  }

  /** Every key once, so that all that follows is about known ones. */
  async touch(): Promise<void> {
    await this.#subject.incrementAll(allKeys)
  }

  /** Counts so many times with a pause before each. */
  async count(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await sleep(PAUSE_MS + Math.random() * JITTER_MS)
      await this.#markers.mark()
    }
  }

  load(plan: LoadPlan): Promise<LoadReport> {
    // Callers look when they have the time: an event for each key would be most of what is measured.
    this.#subject.onSeen(undefined)
    return runLoad(this.#subject, this.#markers, plan, this.#peer + 1)
  }

  /** Resolves to when the sum of all keys was so much; it fails where that is not reached in time. */
  async reached(sum: number, withinMs: number): Promise<number> {
    const end = sharedNow() + withinMs
    for (; ; await sleep(2)) {
      this.#markers.look()
      const now = this.#sum()
      if (now === sum) return sharedNow()
      if (now > sum || sharedNow() > end)
        throw new Error(`peer ${this.#peer} has ${now} increments, and not ${sum}`)
    }
  }

  /** Resolves when it has seen so much of a peer's marker. */
  async saw(peer: number, value: number): Promise<void> {
    while (this.#subject.getValue(markerOf(peer)) < value) await sleep(2)
    this.#markers.look()
  }

  /** How often it has counted on its own marker. */
  async marked(): Promise<number> {
    return this.#markers.times[this.#peer]!.length
  }

  async times(): Promise<readonly MarkerTimes[]> {
    return this.#markers.times
  }

  stop(): Promise<void> {
    return this.#subject.stop()
  }

  #sum(): number {
    return allKeys.reduce((sum, key) => sum + this.#subject.getValue(key), 0)
  }
}

/** What comes from the bench. */
export interface Message {
  readonly id: number
  readonly order: keyof Child | 'start'
  readonly args: readonly unknown[]
}

/** What goes back. */
export interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

const serve = (): void => {
  let child: Child | undefined
  const obey = async ({ order, args }: Message): Promise<unknown> => {
    if (order === 'start') {
      child = await Child.start(args[0] as ChildOptions)
      return undefined
    }
    return (child![order] as (...given: readonly unknown[]) => Promise<unknown>)(...args)
  }
  process.on('message', (message: Message) => {
    const answer = (rest: Omit<Answer, 'id'>): void => {
      process.send!({ id: message.id, ...rest } satisfies Answer)
      if (message.order === 'stop') process.disconnect()
    }
    obey(message).then(
      (result) => answer({ result }),
      (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
    )
  })
}

if (import.meta.main) serve()
