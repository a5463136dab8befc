// Two nodes that connect whenever they can, and the two lanes between them.
import { goodConditions } from './conditions.ts'
import type { Connection } from './connection.ts'
import { Lane } from './lane.ts'
import type { SimNetwork } from './network.ts'

/** Bytes in a millisecond: from a phone to a data centre. */
const BANDWIDTHS = [200, 2000, 20_000]

export class Link {
  readonly nodes: readonly [string, string]
  readonly latencyMs: number
  readonly bytesPerMs: number
  readonly lanes: readonly [Lane, Lane]
  /** Those that stand, at one side at least. */
  readonly connections = new Set<Connection>()
  isDialling = false

  constructor(network: SimNetwork, a: string, b: string, latencyMs: number) {
    const { timeline, random, faults } = network
    this.nodes = [a, b]
    this.latencyMs = latencyMs
    this.bytesPerMs = random.pick(BANDWIDTHS)
    const lane = (from: string, to: string): Lane =>
      new Lane(
        timeline,
        random.fork(`${from}>${to}`),
        faults,
        goodConditions(latencyMs, this.bytesPerMs),
      )
    this.lanes = [lane(a, b), lane(b, a)]
  }

  joins(node: string): boolean {
    return this.nodes.includes(node)
  }

  laneFrom(node: string): Lane {
    return this.lanes[node === this.nodes[0] ? 0 : 1]
  }

  otherThan(node: string): string {
    return this.nodes[node === this.nodes[0] ? 1 : 0]
  }

  /** As fast as it was made. */
  speedUp(): void {
    for (const lane of this.lanes) {
      lane.conditions.latencyMs = this.latencyMs
      lane.speedUp(this.bytesPerMs)
    }
  }

  get isBlocked(): boolean {
    return this.lanes.some(({ conditions }) => conditions.isBlocked)
  }
}
