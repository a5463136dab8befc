// Within a process, a replica never goes back: no slot's seq or ops falls, and changes form a chain.
import type { CounterChange } from '@tallymesh/sync'
import type { MakeChecker } from '../checker.ts'
import type { SimNode } from '../sim-node.ts'

interface Seen {
  readonly seq: number
  readonly ops: number
}

export const neverBack: MakeChecker = (cluster, violate) => {
  const seen = new Map<SimNode, Map<string, Seen>>()
  const values = new Map<SimNode, Map<string, bigint>>()
  const random = cluster.random.fork('never-back')

  const watch = (node: SimNode): void => {
    const last = new Map<string, bigint>()
    values.set(node, last)
    seen.set(node, new Map())
    node.service!.addEventListener('change', ({ detail }: CustomEvent<CounterChange>) => {
      const before = last.get(detail.key)
      if (before !== undefined && before !== detail.previous)
        violate(`${node.name} says that ${detail.key} was ${detail.previous}; it was ${before}`)
      last.set(detail.key, detail.value)
    })
  }

  const look = (node: SimNode, held: Map<string, Seen>): void => {
    for (const key of cluster.ledger.keys())
      for (const { replica, seq, ops } of node.service!.slots(key)) {
        const name = `${replica} ${key}`
        const before = held.get(name)
        // Where two wrote under one id, the join picks one of them, whatever its ops.
        const isBack = seq < (before?.seq ?? 0) || (cluster.isExact && ops < (before?.ops ?? 0))
        if (before !== undefined && isBack)
          violate(`${node.name} went back from ${before.seq} to ${seq} in the slot ${name}`)
        held.set(name, { seq, ops })
      }
  }

  return {
    name: 'never-back',
    started: watch,
    crashed: (node) => {
      seen.delete(node)
      values.delete(node)
    },
    sampled: () => {
      const live = cluster.live()
      const node = live.length === 0 ? undefined : random.pick(live)
      const held = node && seen.get(node)
      if (held !== undefined) look(node!, held)
    },
  }
}
