// Who can have a majority once all is well.
import type { Cluster } from '../cluster.ts'
import type { SimNode } from '../sim-node.ts'

/**
 * Whether a node can have all members: it is one, or reaches one, and they all reach each other. (One
 * that was restored does not vote before it has exchanged with as many others as make a majority.)
 */
export const canHaveMembers = (cluster: Cluster, node: SimNode): boolean => {
  const { network, nodes, members } = cluster
  const isLinked = (a: SimNode, b: SimNode): boolean =>
    a === b || network.linkBetween(a.name, b.name) !== undefined
  const voters = nodes.filter(({ peer }) => members.includes(peer))
  return (
    voters.every((one) => voters.every((other) => isLinked(one, other))) &&
    voters.some((voter) => isLinked(node, voter))
  )
}
