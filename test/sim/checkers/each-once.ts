// Where replicas go back in time, or are copied: each increment by itself is there, and once.
//
// With all nodes members, nothing that any member held is lost or doubled (DESIGN section 4, 6). So an
// increment that was acknowledged may be missing only where the disks that held it were put back, or
// damaged, before the disk of any other node had it. It may count twice only where the request record
// that told it from its repetition was damaged, and no other node's disk had that, with the slot as it
// stood.
//
// What can not be exact, and is left out of it:
// - What a replica said before it was put back, and that arrives when it has already asked the others.
//   A message lives MESSAGE_LIFE_MS in these runs, and so does a state that someone carries; a node
//   whose disk was changed stays down for longer.
// - Two processes under one peer id, of which one writes while no member sees it: the other can not be
//   told. Where the faults of a run can bring that about, a fork is no violation; the keys that its two
//   branches wrote are left out, and all else is asked for. In runs with other faults, none may fork.
// - One peer id goes back in time while another is two: a member's word is that of one of the two.
//   Without members, nobody has to be asked. All end equal then, and no more is asked for.
import type { MakeChecker } from '../checker.ts'
import { contentsOf } from '../contents.ts'
import { digitsOf, nameOf, namesIn } from '../digits.ts'
import type { Records } from '../disk.ts'
import type { Forks } from '../forks.ts'
import type { SimNode } from '../sim-node.ts'

/** Keys that a sample looks at. */
const SAMPLED_KEYS = 40

/** What became of an increment, as its clients know it. */
interface Fate {
  isAcknowledged: boolean
  /** All who were asked have said that they did not record it. */
  isRefused: boolean
}

interface Held {
  /** The increments in any slot. */
  readonly counted: ReadonlySet<string>
  /** The increments in the slot of a replica, with the slot's seq; and those that it has a request record of. */
  readonly slots: ReadonlyMap<string, number>
  readonly recorded: ReadonlyMap<string, number>
}

const heldIn = (records: Records): Held => {
  const { slots, requests } = contentsOf(records)
  const counted = new Set<string>()
  const inSlots = new Map<string, number>()
  for (const { replica, key, seq, total } of slots)
    for (const name of namesIn(key, BigInt(total))) {
      counted.add(name)
      inSlots.set(`${replica} ${name}`, seq)
    }
  const recorded = new Map<string, number>()
  for (const { replica, key, amount } of requests)
    for (const name of namesIn(key, BigInt(amount))) {
      const entry = `${replica} ${name}`
      recorded.set(entry, inSlots.get(entry) ?? 0)
    }
  return { counted, slots: inSlots, recorded }
}

/** The highest seq of a slot that holds an entry; 0 for none. */
const highest = (all: readonly ReadonlyMap<string, number>[], entry: string): number =>
  Math.max(...all.map((entries) => entries.get(entry) ?? 0))

/** @param isDamaged who lost a request record counts twice what it tells of, until another brings it back */
export const eachOnce =
  (forks: Forks, isDamaged: boolean): MakeChecker =>
  (cluster, violate) => {
    const random = cluster.random.fork('each-once')
    /** Not on any disk any more, since those that had it were put back or damaged. */
    const lost = new Set<string>()
    /** Still counted in a slot that no disk has the record of; or an older version of the slot only. */
    const unrecorded = new Set<string>()

    const tampered = (node: SimNode, records: Records): void => {
      const before = heldIn(records)
      const now = cluster.nodes.map(({ disk }) => heldIn(disk.records))
      for (const name of before.counted)
        if (!now.some(({ counted }) => counted.has(name))) lost.add(name)
      const slots = now.map((held) => held.slots)
      // A copy may fold the slot away, records and all.
      const recorded = now
        .filter((_, i) => cluster.nodes[i] === node || cluster.nodes[i]!.peer !== node.peer)
        .map((held) => held.recorded)
      for (const entry of before.recorded.keys())
        if (highest(slots, entry) > highest(recorded, entry))
          unrecorded.add(entry.slice(entry.indexOf(' ') + 1))
    }

    const fates = (): Map<string, Map<string, Fate>> => {
      const byKey = new Map<string, Map<string, Fate>>()
      for (const { increments, state } of cluster.ledger.attempts)
        for (const { key, amount } of increments) {
          const fated = byKey.get(key) ?? new Map<string, Fate>()
          byKey.set(key, fated)
          const [name] = namesIn(key, amount)
          const fate = fated.get(name!) ?? { isAcknowledged: false, isRefused: true }
          fated.set(name!, fate)
          fate.isAcknowledged ||= state === 'acknowledged'
          fate.isRefused &&= state === 'refused'
        }
      return byKey
    }

    /** None is counted twice, at any time. */
    const checkTwice = ({ name, service }: SimNode, key: string): void => {
      const value = service!.getValue(key)
      if (value < 0n) return violate(`${name} has ${value} for ${key}`)
      digitsOf(value).forEach((times, digit) => {
        const increment = nameOf(key, digit)
        if (times > 1 && !unrecorded.has(increment))
          violate(`${name} counts ${increment} ${times} times`)
      })
    }

    const checkAll = (node: SimNode, key: string, fated: ReadonlyMap<string, Fate>): void => {
      const { name, service } = node
      checkTwice(node, key)
      const counted = new Set(namesIn(key, service!.getValue(key)))
      for (const increment of counted)
        if (!fated.has(increment)) violate(`${name} counts ${increment}, which nobody asked for`)
      for (const [increment, { isAcknowledged, isRefused }] of fated) {
        const isCounted = counted.has(increment)
        if (isAcknowledged && !isCounted && !lost.has(increment))
          violate(`${name} does not count ${increment}, which was acknowledged`)
        if (isRefused && isCounted)
          violate(`${name} counts ${increment}, which was refused by all who were asked`)
      }
      const ops = digitsOf(service!.getValue(key)).reduce((sum, times) => sum + times, 0)
      if (service!.getOps(key) !== ops)
        violate(`${name} has ${service!.getOps(key)} operations on ${key}, and counts ${ops}`)
    }

    return {
      name: 'each-once',
      tampered,
      // Tried again, it is somewhere once more.
      acknowledged: ({ increments }) => {
        for (const { key, amount } of increments)
          for (const name of namesIn(key, amount)) lost.delete(name)
      },
      sampled: () => {
        const live = cluster.live()
        if (live.length === 0 || isDamaged) return
        const node = random.pick(live)
        const forked = forks.keys()
        const keys = random.shuffle([
          ...new Set(node.service!.list().counters.map(({ key }) => key)),
        ])
        for (const key of keys.slice(0, SAMPLED_KEYS)) if (!forked.has(key)) checkTwice(node, key)
      },
      healed: () => {
        const forked = forks.keys()
        for (const [key, fated] of fates())
          if (!forked.has(key)) for (const node of cluster.nodes) checkAll(node, key, fated)
      },
    }
  }
