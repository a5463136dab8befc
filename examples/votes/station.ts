// A polling station: a replica, with a counter for each option.
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { MemoryStore } from '@tallymesh/storage'
import { counterService, DistributedConsistentCounter } from '@tallymesh/sync'
import { createLibp2p } from 'libp2p'

export const OPTIONS = ['yes', 'no'] as const
export type Option = (typeof OPTIONS)[number]

const createNode = () =>
  createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }),
      counters: counterService({ store: new MemoryStore(), namespace: 'vote-2026' }),
    },
  })

export class Station {
  readonly #node: Awaited<ReturnType<typeof createNode>>
  readonly #tallies: Readonly<Record<Option, DistributedConsistentCounter>>

  private constructor(node: Awaited<ReturnType<typeof createNode>>) {
    this.#node = node
    const tally = (option: Option) =>
      new DistributedConsistentCounter(node.services.counters, `votes/${option}`)
    this.#tallies = { yes: tally('yes'), no: tally('no') }
  }

  static async open(): Promise<Station> {
    return new Station(await createNode())
  }

  async connect(other: Station): Promise<void> {
    await this.#node.dial(other.#node.getMultiaddrs())
  }

  /** False where this ballot was counted before, as far as this station knows. */
  async count(ballot: string, option: Option): Promise<boolean> {
    const { duplicate } = await this.#tallies[option].increment(1, { requestId: ballot })
    return !duplicate
  }

  result(): Record<Option, bigint> {
    return { yes: this.#tallies.yes.getCount(), no: this.#tallies.no.getCount() }
  }

  /** Resolves once this many ballots are known here. */
  async knows(ballots: number): Promise<void> {
    const isThere = () =>
      this.#tallies.yes.getCount() + this.#tallies.no.getCount() === BigInt(ballots)
    while (!isThere())
      await new Promise((resolve) =>
        this.#node.services.counters.addEventListener('change', resolve, { once: true }),
      )
  }

  async close(): Promise<void> {
    await this.#node.stop()
  }
}
