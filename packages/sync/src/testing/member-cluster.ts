// Members in one process, and others who ask them, over lines in memory that count what goes over them.
import { hashRequestId, TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import { MemoryStore } from '@tallymesh/storage'
import type { Journal } from '../journal.ts'
import { Membership } from '../membership.ts'
import type { Channel, Network } from '../network.ts'
import type { Quorum } from '../quorum.ts'
import { FakeClock, settle } from './fake-clock.ts'
import { seededRandom } from './replica-pair.ts'
import { counterOf, journalOn, TAKES_ALL } from './world.ts'

export interface ClusterNode {
  readonly id: string
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly membership: Membership
  readonly quorum: Quorum
  /** How many reads took how many rounds, by the number of rounds. */
  readonly rounds: number[]
  /** Records an increment; resolves when it is durable here. */
  count(key: string, requestId?: string): Promise<void>
}

/** Messages since the last look. */
export interface Messages {
  readonly asks: number
  readonly answers: number
}

/** What a message takes on its way, in milliseconds. */
export type Latency = () => number

/** One direction of a line: messages come in order, each after the latency. */
class Lane {
  readonly #arrived: Uint8Array[] = []
  #wake: () => void = () => {}
  #broken: Error | undefined
  sent = 0
  bytes = 0
  #lastAt = 0

  readonly #clock: FakeClock
  readonly #latency: Latency

  constructor(clock: FakeClock, latency: Latency) {
    this.#clock = clock
    this.#latency = latency
  }

  send(message: Uint8Array): void {
    this.sent++
    this.bytes += message.length
    const arrive = (): void => {
      this.#arrived.push(message)
      this.#wake()
    }
    const now = this.#clock.now()
    // None overtakes another.
    this.#lastAt = Math.max(this.#lastAt, now + this.#latency())
    if (this.#lastAt === now) arrive()
    else this.#clock.after(this.#lastAt - now, arrive)
  }

  break(reason: Error): void {
    this.#broken ??= reason
    this.#wake()
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#broken !== undefined) throw this.#broken
      const message = this.#arrived.shift()
      if (message !== undefined) yield message
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}

interface Opened {
  readonly from: string
  readonly to: string
  readonly there: Lane
  readonly back: Lane
}

export class MemberCluster {
  readonly clock: FakeClock = new FakeClock()
  readonly nodes: ClusterNode[] = []
  readonly #members: readonly string[]
  readonly #latency: Latency
  readonly #lines: Opened[] = []
  #seen: Messages = { asks: 0, answers: 0 }
  #seenBytes = 0

  private constructor(members: readonly string[], latency: Latency) {
    this.#members = members
    this.#latency = latency
  }

  /** All connected, and all proven but those that are said not to be: they count provisionally. */
  static async start(
    members: readonly string[],
    {
      others = [],
      unproven = [],
      latencyMs = 0,
      latency = () => latencyMs,
    }: {
      others?: readonly string[]
      unproven?: readonly string[]
      latencyMs?: number
      latency?: Latency
    } = {},
  ): Promise<MemberCluster> {
    const cluster = new MemberCluster(members, latency)
    for (const id of [...members, ...others]) cluster.nodes.push(await cluster.#make(id))
    for (const { id, membership, counter } of cluster.nodes) {
      if (unproven.includes(id)) counter.writeAs({ epoch: id, writer: `${id}.k7f2q9` })
      else membership.proven()
      for (const member of members) if (member !== id) membership.connect(member)
    }
    const isOpen = ({ id, membership }: ClusterNode): boolean =>
      membership.reachNow().reached.filter((member) => member !== id).length ===
      members.filter((member) => member !== id).length
    do await cluster.clock.advance(1)
    while (!cluster.nodes.every(isOpen))
    cluster.messages()
    cluster.bytes()
    return cluster
  }

  async #make(id: string): Promise<ClusterNode> {
    const counter = counterOf(id)
    const store = new MemoryStore()
    await store.open()
    const journal = journalOn(counter, store)
    const random = seededRandom(this.nodes.length + 1)
    const rounds: number[] = []
    const membership = new Membership({
      counter,
      journal,
      intake: TAKES_ALL,
      network: this.#networkOf(id),
      clock: this.clock,
      random: () => random(2 ** 32) / 2 ** 32,
      log: { info: () => {}, warn: () => {} },
      members: this.#members,
      isCatchingUp: false,
      stopping: new AbortController().signal,
      changed: () => {},
      healed: () => {},
      found: () => {},
      agreed: (took) => {
        rounds[took] = (rounds[took] ?? 0) + 1
      },
    })
    const count = async (key: string, requestId?: string): Promise<void> => {
      const hash = requestId === undefined ? undefined : hashRequestId(requestId)
      await journal.increment([{ key, amount: 1, hash }])
    }
    return { id, counter, journal, membership, quorum: membership.quorum, rounds, count }
  }

  /** Only what lines need of one. */
  #networkOf(self: string): Network {
    const open = async (peer: string): Promise<Channel> => {
      const node = this.nodes.find(({ id }) => id === peer)
      if (node === undefined) throw new TallymeshError('ERR_PROTOCOL', `${peer} is not there`)
      const [there, back] = [this.#lane(), this.#lane()]
      this.#lines.push({ from: self, to: peer, there, back })
      node.membership.serve(channelOver(self, there, back))
      return channelOver(peer, back, there)
    }
    return { self, open } as unknown as Network
  }

  #lane(): Lane {
    return new Lane(this.clock, this.#latency)
  }

  /** Bytes since the last look, of all lines in both directions. */
  bytes(): number {
    const all = this.#lines.reduce((sum, { there, back }) => sum + there.bytes + back.bytes, 0)
    const since = all - this.#seenBytes
    this.#seenBytes = all
    return since
  }

  /** Messages since the last look: those of the sides that opened the lines ask, the others answer. */
  messages(): Messages {
    const asks = this.#lines.reduce((sum, { there }) => sum + there.sent, 0)
    const answers = this.#lines.reduce((sum, { back }) => sum + back.sent, 0)
    const since = { asks: asks - this.#seen.asks, answers: answers - this.#seen.answers }
    this.#seen = { asks, answers }
    return since
  }

  /** Lets time pass until it is done. */
  async finish<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const end = (): void => {
      isDone = true
    }
    work.then(end, end)
    await settle()
    while (!isDone) await this.clock.advance(1)
    return work
  }
}

const channelOver = (peer: string, incoming: Lane, outgoing: Lane): Channel => ({
  peer,
  source: incoming.read(),
  async sink(messages) {
    for await (const message of messages) outgoing.send(message)
  },
  abort(reason) {
    for (const lane of [incoming, outgoing]) lane.break(reason)
  },
})
