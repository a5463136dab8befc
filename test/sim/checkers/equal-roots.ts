// After healing, all roots become equal, within a time limit.
import type { MakeChecker } from '../checker.ts'

export const equalRoots: MakeChecker = (cluster, violate) => ({
  name: 'equal-roots',
  healed: () => {
    if (cluster.isEqual()) return
    const roots = cluster.nodes.map(
      ({ name, service }) => `${name} ${service?.status().root.slice(0, 8) ?? 'down'}`,
    )
    violate(`roots differ long after all was well: ${roots.join(', ')}`)
  },
})
