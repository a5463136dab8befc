// Merges: counters that are kept outside, and states that someone carries from replica to replica.
import { DistributedKeyCounter } from '@tallymesh/core'
import { MESSAGE_LIFE_MS, type Cluster } from './cluster.ts'
import { OutsideCounter } from './outside.ts'
import type { Plan } from './plan.ts'
import type { SeededRandom } from './random.ts'
import type { SimNode } from './sim-node.ts'

const EVERY_MS = [200, 3000] as const
/** How long a state is carried before it is merged. */
const CARRIED_MS = [1, 5000] as const
const CARRIED_WITH_DIGITS_MS = [1, MESSAGE_LIFE_MS] as const

export class Merges {
  readonly #cluster: Cluster
  readonly #random: SeededRandom
  readonly #keys: number
  readonly #hasDigits: boolean
  readonly #counts: boolean
  #isOver = false

  constructor(cluster: Cluster, { outside, keys, hasDigits, retentionMs }: Plan) {
    this.#cluster = cluster
    this.#keys = keys
    this.#hasDigits = hasDigits
    // Who counts outside may repeat a request at any time.
    this.#counts = !hasDigits && retentionMs === undefined
    this.#random = cluster.random.fork('merges')
    for (let i = 0; i < outside; i++) cluster.outside.push(new OutsideCounter(`outside-${i}`))
  }

  start(): void {
    if (this.#cluster.outside.length > 0) this.#plan()
  }

  stop(): void {
    this.#isOver = true
  }

  #plan(): void {
    this.#cluster.timeline.after(this.#random.between(...EVERY_MS), () => {
      if (this.#isOver) return
      // What is counted outside has no digits.
      if (this.#counts && this.#random.chance(0.5)) this.#count()
      if (this.#random.chance(0.5)) this.#carry()
      this.#plan()
    })
  }

  #count(): void {
    const counter = this.#random.pick(this.#cluster.outside)
    for (let i = this.#random.int(1, 5); i > 0; i--) {
      const key = `key-${this.#random.int(0, this.#keys - 1)}`
      const requestId = `outside-request-${this.#random.int(0, 50)}`
      const plain = { key, amount: BigInt(this.#random.int(-5, 5)) }
      // Several of them may count the same request, and it counts once.
      counter.count(this.#random.chance(0.7) ? plain : { key: 'key-0', amount: 7n, requestId })
    }
    const node = this.#anyNode()
    if (node !== undefined && this.#mayHandOn(node)) void this.#bring(counter, node)
  }

  async #bring(counter: OutsideCounter, node: SimNode): Promise<void> {
    const { seq } = counter
    if (await this.#merge(node, counter.copy(this.#random)))
      counter.acknowledged = Math.max(counter.acknowledged, seq)
  }

  /** The state of one replica, to another, some time later. */
  #carry(): void {
    const from = this.#anyNode()
    if (from === undefined) return
    const state = from.service!.encode()
    const [least, most] = this.#hasDigits ? CARRIED_WITH_DIGITS_MS : CARRIED_MS
    this.#cluster.timeline.after(this.#random.between(least, most), () => {
      const to = this.#anyNode()
      if (to === undefined || this.#isOver) return
      const carrier = new DistributedKeyCounter({ replica: 'carrier' })
      carrier.applyEncoded(state)
      void this.#merge(to, carrier)
    })
  }

  async #merge(node: SimNode, counter: DistributedKeyCounter): Promise<boolean> {
    const { life } = node
    try {
      await node.service!.merge(counter)
    } catch {
      // Refused: it is merged again before long, or never.
      return false
    }
    return node.life === life && node.isRunning
  }

  /** Another's slots end with a peer that is no member. */
  #mayHandOn({ peer }: SimNode): boolean {
    const { members } = this.#cluster
    return members.length === 0 || members.includes(peer)
  }

  #anyNode(): SimNode | undefined {
    const live = this.#cluster.live()
    return live.length === 0 ? undefined : this.#random.pick(live)
  }
}
