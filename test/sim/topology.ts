// Who is linked to whom.
import type { SeededRandom } from './random.ts'

type Pair = readonly [number, number]
type Topology = (count: number, random: SeededRandom) => Pair[]

const mesh: Topology = (count) => {
  const pairs: Pair[] = []
  for (let a = 0; a < count; a++) for (let b = a + 1; b < count; b++) pairs.push([a, b])
  return pairs
}

const star: Topology = (count) => Array.from({ length: count - 1 }, (_, i) => [0, i + 1] as const)

const line: Topology = (count) => Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const)

/** The first ones are always on and all linked; the others are tabs, linked to one or two of them. */
const tabs: Topology = (count, random) => {
  const hosts = hostCount(count)
  const pairs = mesh(hosts, random)
  for (let tab = hosts; tab < count; tab++) {
    const linked = random.shuffle(Array.from({ length: hosts }, (_, i) => i))
    for (const host of linked.slice(0, random.int(1, 2))) pairs.push([host, tab])
  }
  return pairs
}

export const hostCount = (count: number): number => Math.max(1, Math.min(3, Math.floor(count / 2)))

export const TOPOLOGIES = { mesh, star, line, tabs } as const satisfies Record<string, Topology>

export type TopologyName = keyof typeof TOPOLOGIES
