// Each fault that is not in the nature of a link: how it happens once, and what ends it.
import type { Cluster } from './cluster.ts'
import { foreignRecords } from './foreign-records.ts'
import type { FaultName } from './faults.ts'
import { planRestore } from './restore.ts'
import type { Link } from './network/link.ts'
import type { Plan } from './plan.ts'
import type { SeededRandom } from './random.ts'
import type { SimNode } from './sim-node.ts'

/** Does it once, and returns what ends it; or undefined, where there was nothing to do it to. */
export type Occurrence = (
  cluster: Cluster,
  random: SeededRandom,
  plan: Plan,
) => (() => void) | undefined

const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS
const DOWN_MS = [10, 5000] as const
const STEP_MS = [300, 2500] as const

const MOST_WITH_COPIES = 8

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

export const OCCURRENCES: Partial<Record<FaultName, Occurrence>> = {
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

  'restored-disk': (cluster, random, { hasDigits }) => {
    const node = anyRunning(cluster, random)
    if (node === undefined) return undefined
    if (hasDigits) return planRestore(cluster, random, node)
    const backup = node.disk.records
    return () => {
      cluster.tamper(node, (disk) => disk.replace(backup))
      later(cluster, random, node)
    }
  },

  'copied-disk': (cluster, random) => {
    const node = anyRunning(cluster, random)
    if (node === undefined || cluster.nodes.length > MOST_WITH_COPIES) return undefined
    // One copy: with more, whole parts of the network can hide behind peer ids that they share.
    if (new Set(cluster.nodes.map(({ peer }) => peer)).size < cluster.nodes.length) return undefined
    const links = cluster.network.links.filter(({ nodes }) => nodes.includes(node.name))
    const copy = cluster.addNode(node.disk.records, node)
    const sure = random.pick(links)
    for (const link of links)
      if (link === sure || random.chance(0.8))
        cluster.network.link(copy.name, link.otherThan(node.name), link.latencyMs)
    later(cluster, random, copy)
    return nothing
  },

  'bit-flip': (cluster, random, { isExact }) => {
    const node = anyRunning(cluster, random)
    if (node === undefined) return undefined
    const writers = new Set(cluster.nodes.map(({ peer }) => peer))
    const ids = isExact ? foreignRecords(node, writers) : [...node.disk.records.keys()]
    if (ids.length === 0) return undefined
    cluster.tamper(node, (disk) => disk.flipBit(random.pick(ids), random))
    later(cluster, random, node)
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
