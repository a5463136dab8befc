// What a checker is: something that must always hold, watched while a run goes on.
import type { Cluster } from './cluster.ts'
import type { Records } from './disk.ts'
import type { Attempt } from './ledger.ts'
import type { Port } from './network/port.ts'
import type { SimNode } from './sim-node.ts'

export interface Checker {
  readonly name: string
  /** A node has loaded its disk, and heard nothing yet. */
  started?(node: SimNode): void
  crashed?(node: SimNode): void
  /** A node told its operator something. */
  logged?(node: SimNode, message: string, details: Readonly<Record<string, unknown>>): void
  /** Behind the back of its process, which is dead, a node's disk was changed. */
  tampered?(node: SimNode, before: Records): void
  /** A client was told that its increments are recorded. */
  acknowledged?(attempt: Attempt): void
  /** A message is handed to the network, for all or for one. */
  published?(from: Port, message: Uint8Array): void
  streamed?(from: Port, to: Port, message: Uint8Array): void
  /** A stream between two broke in the middle. */
  broke?(from: Port, to: Port): void
  /** Now and then. */
  sampled?(): void
  /** All has healed, and the nodes had the time to become equal. */
  healed?(): void
  /** After some time in which nothing was asked for. */
  idled?(): void
}

/** Makes a checker for a run. */
export type MakeChecker = (cluster: Cluster, violate: (message: string) => void) => Checker
