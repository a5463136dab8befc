// A version vector claims only what is held: every slot written up to it, with every request record that
// its replica's floor leaves, and none that it drops.
import { decodeState, drops } from '@tallymesh/core'
import type { MakeChecker } from '../checker.ts'
import type { Write } from '../ledger.ts'
import type { SimNode } from '../sim-node.ts'

/** How many samples it takes part in: it reads a whole state. */
const SAMPLED = 1 / 4

/** How long a commit takes that was under way. Less than until the next exchange. */
const SETTLE_MS = 10

export const vectorsHold: MakeChecker = (cluster, violate) => {
  const random = cluster.random.fork('vectors-hold')

  const look = ({ name, service }: SimNode): void => {
    for (const { replica, to, units, floor } of decodeState(service!.encode())) {
      for (const { key, requests } of units)
        for (const { seq } of requests)
          if (drops(floor, seq))
            violate(`${name} has a record of ${replica}, ${seq} on ${key}, that its floor drops`)
      const held = new Map(units.map((unit) => [unit.key!, unit]))
      const isHeld = ({ asked, seq, hash }: Write): boolean => {
        const unit = held.get(asked.key)
        if (unit === undefined || unit.seq < seq) return false
        if (hash === undefined || drops(floor, seq)) return true
        return unit.requests.some((record) => record.hash === hash)
      }
      for (const write of cluster.ledger.writesOf(replica))
        if (write.seq <= to && !isHeld(write))
          violate(
            `${name} claims to hold all of ${replica} up to ${to}, and lacks what it wrote at ` +
              `${write.seq} on ${write.asked.key}` +
              (write.asked.requestId === undefined ? '' : ` for ${write.asked.requestId}`),
          )
    }
  }

  return {
    name: 'vectors-hold',
    started: look,
    // What came till then is all that there is, for a moment.
    broke: (from, to) => {
      cluster.timeline.after(SETTLE_MS, () => {
        for (const node of cluster.live())
          if (node.name === from.node || node.name === to.node) look(node)
      })
    },
    sampled: () => {
      const live = cluster.live()
      if (live.length > 0 && random.chance(SAMPLED)) look(random.pick(live))
    },
    healed: () => {
      for (const node of cluster.nodes) look(node)
    },
  }
}
