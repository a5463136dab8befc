// What goes wrong, one by one: each fault that is not in the nature of a link, and what ends it.
import type { Cluster } from './cluster.ts'
import type { FaultName } from './faults.ts'
import type { Conditions } from './network/conditions.ts'
import type { Link } from './network/link.ts'
import type { Plan } from './plan.ts'
import type { SeededRandom } from './random.ts'
import type { SimNode } from './sim-node.ts'

/** Does it once, and returns what ends it; or undefined, where there was nothing to do it to. */
type Occurrence = (cluster: Cluster, random: SeededRandom) => (() => void) | undefined

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS
const DOWN_MS = [10, 5000] as const
const STEP_MS = [300, 2500] as const

const nothing = (): void => {}

const anyRunning = ({ nodes }: Cluster, random: SeededRandom): SimNode | undefined => {
  const running = nodes.filter(({ isRunning }) => isRunning)
  return running.length === 0 ? undefined : random.pick(running)
}

const later = (cluster: Cluster, random: SeededRandom, node: SimNode): void => {
  cluster.timeline.after(random.between(...DOWN_MS), () => node.start())
}

const block = (cluster: Cluster, links: readonly Link[], ways: 1 | 2): (() => void) => {
  for (const { nodes } of links)
    for (const node of nodes.slice(0, ways))
      cluster.network.block(cluster.network.linkBetween(...nodes)!, node, true)
  return () => {
    for (const link of links)
      for (const node of link.nodes) cluster.network.block(link, node, false)
  }
}

const split = (cluster: Cluster, random: SeededRandom): Link[] => {
  const share = random.pick([0.2, 0.5])
  const side = new Map(cluster.nodes.map(({ name }) => [name, random.chance(share)]))
  return cluster.network.links.filter(({ nodes: [a, b] }) => side.get(a) !== side.get(b))
}

const OCCURRENCES: Partial<Record<FaultName, Occurrence>> = {
  'slow-link': ({ network }, random) => {
    if (network.links.length === 0) return undefined
    const link = random.pick(network.links)
    const slow = { latencyMs: random.between(100, 900), bytesPerMs: random.between(1, 20) }
    for (const { conditions } of link.lanes) Object.assign(conditions, slow)
    return () => link.speedUp()
  },

  'one-way-partition': (cluster, random) => {
    const links = split(cluster, random)
    if (links.length === 0) return undefined
    const first = random.chance(0.5)
    return block(cluster, first ? links : links.slice(0, 1), 1)
  },

  partition: (cluster, random) => {
    const links = split(cluster, random)
    return links.length === 0 ? undefined : block(cluster, links, 2)
  },

  'moving-partition': (cluster, random) => {
    let isOver = false
    let end = nothing
    const move = (): void => {
      end()
      if (isOver) return
      end = block(cluster, split(cluster, random), 2)
      cluster.timeline.after(random.between(...STEP_MS), move)
    }
    move()
    return () => {
      isOver = true
      end()
      end = nothing
    }
  },

  crash: (cluster, random) => {
    const node = anyRunning(cluster, random)
    if (node === undefined) return undefined
    node.crash()
    later(cluster, random, node)
    return nothing
  },

  restart: (cluster, random) => {
    const node = anyRunning(cluster, random)
    if (node?.service === undefined) return undefined
    void node.stop().then(() => later(cluster, random, node))
    return nothing
  },

  'clock-jump': (cluster, random) => {
    const node = anyRunning(cluster, random)
    node?.clock?.jump(random.pick([random.between(100, 30_000), HOUR_MS, 5 * YEAR_MS]))
    return node === undefined ? undefined : nothing
  },

  'clock-fast': (cluster, random) => {
    const node = anyRunning(cluster, random)
    if (node === undefined) return undefined
    // It stays: a clock that is wrong is not put right because all else is well.
    node.clockRate = random.pick([0.3, 0.9, 1.1, 3])
    node.clock?.run(node.clockRate)
    return nothing
  },

  'slow-disk': ({ nodes }, random) => {
    const { disk } = random.pick(nodes)
    disk.latencyMs = random.between(20, 400)
    disk.jitterMs = random.pick([10, 2000])
    return () => disk.speedUp()
  },

  'refusing-disk': ({ nodes }, random) => {
    const { disk } = random.pick(nodes)
    disk.isRefusing = true
    return () => {
      disk.isRefusing = false
    }
  },

  'gossip-off': ({ network }) => {
    network.isGossipOff = true
    return () => {
      network.isGossipOff = false
    }
  },
}

/** Faults that lie in the nature of a link: the probability at full intensity, and its field. */
const LINK_FAULTS: Partial<Record<FaultName, readonly [keyof Conditions, number]>> = {
  loss: ['loss', 0.6],
  duplication: ['duplication', 0.3],
  reordering: ['reordering', 0.5],
  delay: ['delay', 0.05],
  'cut-stream': ['cut', 0.5],
}

/** Between two occurrences of a fault, and how long one lasts. Virtual milliseconds. */
const PAUSE_MS = [300, 6000] as const
const LAST_MS = [50, 6000] as const

export class Nemesis {
  readonly #cluster: Cluster
  readonly #random: SeededRandom
  readonly #plan: Plan
  readonly #under = new Set<() => void>()
  #isOver = false

  constructor(cluster: Cluster, plan: Plan) {
    this.#cluster = cluster
    this.#plan = plan
    this.#random = cluster.random.fork('nemesis')
  }

  start(): void {
    for (const fault of this.#plan.faults) {
      const link = LINK_FAULTS[fault]
      if (link !== undefined) this.#spoilLinks(...link)
      const occurrence = OCCURRENCES[fault]
      if (occurrence !== undefined) this.#repeat(fault, occurrence, this.#random.fork(fault))
    }
  }

  /** Ends all of it, and starts what is down. */
  heal(): void {
    this.#isOver = true
    for (const end of this.#under) end()
    this.#under.clear()
    for (const { lanes } of this.#cluster.network.links)
      for (const { conditions } of lanes)
        Object.assign(conditions, { loss: 0, duplication: 0, reordering: 0, delay: 0, cut: 0 })
    for (const node of this.#cluster.nodes) node.start()
  }

  #spoilLinks(field: keyof Conditions, most: number): void {
    for (const { lanes } of this.#cluster.network.links)
      for (const { conditions } of lanes)
        Object.assign(conditions, { [field]: most * this.#plan.intensity * this.#random.next() })
  }

  #repeat(fault: FaultName, occurrence: Occurrence, random: SeededRandom): void {
    const { timeline, faults, trace } = this.#cluster
    const pause = random.between(...PAUSE_MS) * (1.2 - this.#plan.intensity)
    timeline.after(pause, () => {
      if (this.#isOver) return
      const end = occurrence(this.#cluster, random)
      if (end !== undefined) {
        faults[fault]++
        trace.note('nemesis', fault)
        this.#endLater(end, random)
      }
      this.#repeat(fault, occurrence, random)
    })
  }

  #endLater(end: () => void, random: SeededRandom): void {
    this.#under.add(end)
    this.#cluster.timeline.after(random.between(...LAST_MS), () => {
      if (this.#under.delete(end)) end()
    })
  }
}
