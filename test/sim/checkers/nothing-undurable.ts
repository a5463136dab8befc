// Nothing is seen outside that a crash could take back: a message tells only of what its sender's disk holds.
import { ByteReader, noKeys, readDelta, type Delta } from '@tallymesh/core'
import type { MakeChecker } from '../checker.ts'
import type { Port } from '../network/port.ts'
import { deltasIn } from '../network/told.ts'
import type { SimNode } from '../sim-node.ts'
import { DurableSeqs } from './durable.ts'

export const nothingUndurable: MakeChecker = (_, violate) => {
  const disks = new Map<string, DurableSeqs>()

  const follow = (node: SimNode): void => {
    const durable = new DurableSeqs(node.disk)
    disks.set(node.name, durable)
    node.disk.watchers.set('nothing-undurable', (batch) => void durable.take(batch))
  }

  const check = ({ node }: Port, { replica, from, to, units }: Delta): void => {
    const told = Math.max(to > from ? to : 0, ...units.map(({ seq }) => seq))
    const durable = disks.get(node)?.of(replica) ?? 0
    if (told > durable)
      violate(`${node} tells of ${replica} up to ${told}, and its disk holds up to ${durable}`)
  }

  return {
    name: 'nothing-undurable',
    started: follow,
    published: (from, message) => {
      const delta = readDelta(
        new ByteReader(message),
        (suffix = '') => `${from.self}${suffix}`,
        noKeys(),
      )
      // An announcement has no slots: all that it tells is where its writer stands.
      check(from, delta.units.length > 0 ? delta : { ...delta, from: 0 })
    },
    streamed: (from, _, message) => {
      for (const delta of deltasIn(message)) check(from, delta)
    },
  }
}
