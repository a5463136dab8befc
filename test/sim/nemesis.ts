// What goes wrong, and when: each fault at its own pace, until all is healed.
import type { Cluster } from './cluster.ts'
import type { FaultName } from './faults.ts'
import type { Conditions } from './network/conditions.ts'
import { OCCURRENCES, type Occurrence } from './occurrences.ts'
import type { Plan } from './plan.ts'
import type { SeededRandom } from './random.ts'

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
    this.#cluster.isHealed = true
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
      const end = occurrence(this.#cluster, random, this.#plan)
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
