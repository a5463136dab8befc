// Each request counts once, at however many replicas it was tried; and nobody is told otherwise.
import type { MakeChecker } from '../checker.ts'

export const nothingTwice: MakeChecker = (cluster, violate) => ({
  name: 'nothing-twice',
  healed: () => {
    const { ledger } = cluster
    for (const key of ledger.keys()) {
      const expected = ledger.expected(key)
      for (const { name, service } of cluster.nodes) {
        const [value, ops] = [service!.getValue(key), service!.getOps(key)]
        if (value !== expected.value || ops !== expected.ops)
          violate(
            `${name} has ${value} in ${ops} operations for ${key}; ` +
              `asked for and recorded were ${expected.value} in ${expected.ops}`,
          )
      }
    }
    for (const duplicate of ledger.unfoundedDuplicates())
      violate(`a client was told that it repeats what nobody recorded: ${duplicate}`)
  },
})
