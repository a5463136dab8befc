// Who says that it holds the same does: slot by slot, with every request record.
import type { MakeChecker } from '../checker.ts'
import { linesOf } from '../state.ts'

export const equalValues: MakeChecker = (cluster, violate) => ({
  name: 'equal-values',
  healed: () => {
    const [first, ...others] = cluster.nodes
    if (first?.service === undefined) return
    const expected = new Set(linesOf(first.service))
    for (const { name, service } of others) {
      const lines = new Set(linesOf(service!))
      const more = [...lines].find((line) => !expected.has(line))
      const less = [...expected].find((line) => !lines.has(line))
      if (more !== undefined || less !== undefined)
        violate(
          `with equal roots, ${name} holds ${more ?? 'nothing'} where ${first.name} holds ${less ?? 'nothing'}`,
        )
    }
  },
})
