// A node comes back with an older state of its disk: a backup, taken at whatever moment, or nothing.
import { MESSAGE_LIFE_MS, type Cluster } from './cluster.ts'
import type { SeededRandom } from './random.ts'
import type { SimNode } from './sim-node.ts'

/** How often the backup is of a replica that has just come back, and has not proven its id. */
const PROVISIONAL_SHARE = 0.3
const COMING_BACK_MS = [10, 1500] as const
/** How often nothing is left, and how often it is not the latest backup. */
const EMPTY_SHARE = 0.15
const OLDER_SHARE = 0.3
const TWICE_SHARE = 0.25
const TWICE_WITHIN_MS = MESSAGE_LIFE_MS + 2500
/** How often another one is down meanwhile, and for how long. */
const OTHER_DOWN_SHARE = 0.3
const OTHER_DOWN_MS = [4000, 25_000] as const

const DOWN_MS = [MESSAGE_LIFE_MS + 1, MESSAGE_LIFE_MS + 5000] as const

/** Takes a backup; what it returns puts one back. */
export const planRestore = (
  cluster: Cluster,
  random: SeededRandom,
  node: SimNode,
): (() => void) => {
  const { timeline } = cluster
  const { disk } = node
  if (random.chance(PROVISIONAL_SHARE)) {
    node.crash()
    timeline.after(COMING_BACK_MS[0], () => node.start())
    timeline.after(random.between(...COMING_BACK_MS), () => disk.backUp())
  } else disk.backUp()
  return () => {
    if (random.chance(OTHER_DOWN_SHARE)) takeDown(cluster, random, node)
    restore(cluster, random, node)
    if (!random.chance(TWICE_SHARE)) return
    timeline.after(random.between(0, TWICE_WITHIN_MS), () => {
      if (!cluster.isHealed) restore(cluster, random, node)
    })
  }
}

const restore = (cluster: Cluster, random: SeededRandom, node: SimNode): void => {
  const kind = random.next()
  cluster.tamper(node, (disk) => {
    const { backups } = disk
    const isEmpty = kind < EMPTY_SHARE || backups.length === 0
    const isOlder = kind < EMPTY_SHARE + OLDER_SHARE
    if (isEmpty) disk.replace(new Map())
    else disk.replace(isOlder ? random.pick(backups) : backups.at(-1)!)
  })
  cluster.timeline.after(random.between(...DOWN_MS), () => node.start())
}

const takeDown = (cluster: Cluster, random: SeededRandom, except: SimNode): void => {
  const others = cluster.nodes.filter((node) => node.isRunning && node !== except)
  if (others.length === 0) return
  const other = random.pick(others)
  other.crash()
  cluster.timeline.after(random.between(...OTHER_DOWN_MS), () => other.start())
}
