// What was acknowledged is there: in its writer's own store after a crash, and everywhere in the end.
import { peerOf } from '../../../packages/sync/src/handing-on.ts'
import type { MakeChecker } from '../checker.ts'
import type { SlotSum } from '../ledger.ts'
import { ownOf } from '../own-records.ts'
import type { SimNode } from '../sim-node.ts'

const NOTHING: SlotSum = { ops: 0, total: 0n }

export const nothingLost: MakeChecker = (cluster, violate) => {
  /** @param heldOn what a node holds of `owner` on a key, under whichever id */
  const check = (name: string, owner: string, heldOn: (key: string) => SlotSum): void => {
    for (const [key, expected] of cluster.ledger.slotsOf(owner)) {
      const { ops, total } = heldOn(key)
      if (ops !== expected.ops || total !== expected.total)
        violate(
          `${name} holds ${ops} operations, total ${total}, of ${owner} on ${key}; ` +
            `recorded were ${expected.ops}, total ${expected.total}`,
        )
    }
  }

  const shown = ({ service }: SimNode, owner: string, key: string): SlotSum => {
    const sum = { ops: 0, total: 0n }
    for (const { replica, ops, total } of service!.slots(key))
      if (peerOf(replica) === owner) {
        sum.ops += ops
        sum.total += BigInt(total)
      }
    return sum
  }
  return {
    name: 'nothing-lost',
    started: (node) => {
      cluster.ledger.restarted(node)
      const { sums } = ownOf(node)
      check(node.name, node.peer, (key) => sums.get(key) ?? NOTHING)
    },
    healed: () => {
      const { service } = cluster.nodes[0]!
      for (const counter of cluster.outside) cluster.ledger.settle(counter, service!)
      for (const node of cluster.nodes)
        for (const owner of cluster.ledger.owners())
          check(node.name, owner, (key) => shown(node, owner, key))
    },
  }
}
