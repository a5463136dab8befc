// What was acknowledged is there: in its writer's own store after a crash, and everywhere in the end.
import type { MakeChecker } from '../checker.ts'
import type { SimNode } from '../sim-node.ts'

export const nothingLost: MakeChecker = (cluster, violate) => {
  const check = ({ name, service }: SimNode, replica: string): void => {
    for (const [key, expected] of cluster.ledger.slotsOf(replica)) {
      const slot = service!.slots(key).find((held) => held.replica === replica)
      const isThere =
        slot !== undefined &&
        slot.seq >= expected.seq &&
        slot.ops === expected.ops &&
        BigInt(slot.total) === expected.total
      if (isThere) continue
      const { seq = 0, ops = 0, total = 0 } = slot ?? {}
      violate(
        `${name} holds ${ops} operations up to ${seq}, total ${total}, of ${replica} on ${key}; ` +
          `acknowledged were ${expected.ops} up to ${expected.seq}, total ${expected.total}`,
      )
    }
  }
  return {
    name: 'nothing-lost',
    started: (node) => {
      cluster.ledger.restarted(node)
      check(node, node.service!.replica)
    },
    healed: () => {
      const { service } = cluster.nodes[0]!
      for (const counter of cluster.outside) cluster.ledger.settle(counter, service!)
      for (const node of cluster.nodes)
        for (const replica of cluster.ledger.replicas()) check(node, replica)
    },
  }
}
