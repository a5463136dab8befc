// `pnpm sim:scaling`: what one increment, one from everybody, a split and a newcomer cost, by the number of peers.
import { parseArgs } from 'node:util'
import { Cluster } from './cluster.ts'
import type { SimNode } from './sim-node.ts'

/** Neighbours of a peer, about: the degree of a gossipsub mesh. */
const NEIGHBOURS = 6
const LATENCY_MS = [5, 60] as const
const KEY = 'views'
/** How often it is looked whether all are equal: what times are rounded up to. */
const LOOK_MS = 10
const LIMIT_MS = 300_000
/** Long enough for everybody's checks to have become rare. */
const QUIET_MS = 60_000
const IDLE_MS = 60_000

/** What one event cost. */
export interface Cost {
  /** Virtual milliseconds until all replicas were equal. */
  readonly ms: number
  /** Bytes of gossip and of streams that a peer sent, on average. */
  readonly gossipBytes: number
  readonly streamBytes: number
}

export interface Scaling {
  readonly peers: number
  readonly links: number
  /** One peer counts. */
  readonly one: Cost
  /** Every peer counts, at the same moment. */
  readonly each: Cost
  /** Two halves that could not reach each other for a minute, while every peer counted. */
  readonly split: Cost
  /** A replica with an empty store comes. Its bytes are those of it and its neighbours, in all. */
  readonly newcomer: Cost
  /** Nobody counts, for a minute. */
  readonly idle: Omit<Cost, 'ms'>
}

class Scale {
  readonly #cluster: Cluster
  readonly #peers: number
  #counted = 0n

  constructor(peers: number, seed: number) {
    this.#peers = peers
    this.#cluster = new Cluster({
      seed: `scaling ${seed} ${peers}`,
      isExact: true,
      hasGossip: true,
      hasStreams: true,
      checkers: [],
    })
  }

  async measure(): Promise<Scaling> {
    const { nodes, network } = this.#cluster
    for (let i = 0; i < this.#peers; i++) this.#cluster.addNode()
    for (let i = 0; i < this.#peers; i++) this.#linkAround(i)
    for (const node of nodes) node.start()
    await this.#untilEqual()
    await this.#cluster.run(QUIET_MS)
    const links = network.links.length
    const idle = await this.#during(() => this.#cluster.run(IDLE_MS))
    const one = await this.#during(() => this.#count([nodes[0]!]))
    await this.#cluster.run(QUIET_MS)
    const each = await this.#during(() => this.#count(nodes))
    await this.#cluster.run(QUIET_MS)
    const split = await this.#split()
    await this.#cluster.run(QUIET_MS)
    const newcomer = await this.#during(() => this.#newcomer())
    for (const node of nodes) node.crash()
    const { gossipBytes, streamBytes } = newcomer
    const inAll = {
      gossipBytes: gossipBytes * nodes.length,
      streamBytes: streamBytes * nodes.length,
    }
    return {
      peers: this.#peers,
      links,
      one,
      each,
      split,
      newcomer: { ...newcomer, ...inAll },
      idle,
    }
  }

  /** A ring, so that all are connected, and chords to anywhere. */
  #linkAround(at: number): void {
    const { nodes, random, network } = this.#cluster
    const others = [(at + 1) % this.#peers]
    while (others.length < NEIGHBOURS / 2 && others.length < this.#peers - 1)
      others.push(random.int(0, this.#peers - 1))
    for (const other of others) {
      const [a, b] = [nodes[at]!.name, nodes[other]!.name]
      if (a === b || network.linkBetween(a, b) !== undefined) continue
      network.link(a, b, random.between(...LATENCY_MS))
    }
  }

  async #count(nodes: readonly SimNode[]): Promise<void> {
    this.#counted += BigInt(nodes.length)
    // Nobody awaits them one by one: what is measured is until all see all.
    for (const { service } of nodes) void service!.increment(KEY)
    await this.#untilEqual()
  }

  async #split(): Promise<Cost> {
    const { nodes, network } = this.#cluster
    const half = new Set(nodes.slice(0, nodes.length / 2).map(({ name }) => name))
    const between = network.links.filter(({ nodes: [a, b] }) => half.has(a) !== half.has(b))
    const block = (isBlocked: boolean): void => {
      for (const link of between)
        for (const node of link.nodes) network.block(link, node, isBlocked)
    }
    block(true)
    await this.#cluster.run(QUIET_MS / 2)
    this.#counted += BigInt(nodes.length)
    for (const { service } of nodes) void service!.increment(KEY)
    await this.#cluster.run(QUIET_MS / 2)
    return this.#during(async () => {
      block(false)
      await this.#untilEqual()
    })
  }

  async #newcomer(): Promise<void> {
    const { nodes, network, random } = this.#cluster
    const known = [...nodes]
    const node = this.#cluster.addNode()
    for (const neighbour of random.shuffle(known).slice(0, NEIGHBOURS))
      network.link(neighbour.name, node.name, random.between(...LATENCY_MS))
    node.start()
    await this.#untilEqual()
  }

  async #during(happen: () => Promise<void>): Promise<Cost> {
    const { traffic, timeline, nodes } = this.#cluster
    const [before, start] = [traffic.total(), timeline.now]
    await happen()
    const after = traffic.total()
    return {
      ms: Math.round(timeline.now - start),
      gossipBytes: Math.round((after.gossipBytes - before.gossipBytes) / nodes.length),
      streamBytes: Math.round((after.streamBytes - before.streamBytes) / nodes.length),
    }
  }

  async #untilEqual(): Promise<void> {
    const { nodes, timeline } = this.#cluster
    let isEqual = false
    const look = (): void => {
      const all = nodes.every(({ service }) => service?.getValue(KEY) === this.#counted)
      isEqual = all && this.#cluster.isEqual()
      if (!isEqual) timeline.after(LOOK_MS, look)
    }
    timeline.after(LOOK_MS, look)
    await this.#cluster.run(LIMIT_MS, () => isEqual)
    if (!isEqual) throw new Error(`${this.#peers} peers are not equal within ${LIMIT_MS} ms`)
  }
}

export const measureScaling = (peers: number, seed = 1): Promise<Scaling> =>
  new Scale(peers, seed).measure()

const HEAD = [
  '| peers | links | one counts | each counts | halves meet | newcomer | idle, a minute |',
  '|---:|---:|---:|---:|---:|---:|---:|',
]

const row = ({ peers, links, one, each, split, newcomer, idle }: Scaling): string => {
  const cost = ({ ms, gossipBytes, streamBytes }: Cost): string =>
    `${ms} ms, ${bytes(gossipBytes + streamBytes)}`
  const idling = bytes(idle.gossipBytes + idle.streamBytes)
  return `| ${[peers, links, cost(one), cost(each), cost(split), cost(newcomer), idling].join(' | ')} |`
}

const bytes = (count: number): string =>
  count < 10_000 ? `${count} B` : `${(count / 1000).toFixed(0)} kB`

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      peers: { type: 'string', default: '10,30,100,300,1000' },
      seed: { type: 'string', default: '1' },
    },
  })
  for (const line of HEAD) console.log(line)
  for (const peers of values.peers.split(',').map(Number)) {
    console.log(row(await measureScaling(peers, Number(values.seed))))
  }
}
