// Which runs have clients that ask for a majority.
import { DAMAGING_FAULTS, ROLLBACK_FAULTS, type FaultName } from '../faults.ts'
import type { Plan } from '../plan.ts'
import type { SeededRandom } from '../random.ts'
import { hostCount } from '../topology.ts'

/** Of runs with members, so many: what they ask for takes as long to play as all the rest. */
const SHARE = 1 / 2
const PER_SECOND = [2, 8, 25] as const
const MEMBERS = [1, 2, 3, 3, 3, 4, 5] as const
const MOST_REPLICAS = 9

/** Members are crashed and restarted, and keep their disks: see docs/consistency.md. */
export const withStrong = (plan: Plan, random: SeededRandom): Plan =>
  plan.members > 0 && mayDamage(plan.members, plan.faults) && random.chance(SHARE)
    ? { ...plan, strongPerSecond: random.pick(PER_SECOND) }
    : plan

/** What the only member has lost, no other brings back before it votes. */
const mayDamage = (members: number, faults: readonly FaultName[]): boolean =>
  members > 1 || !faults.some((fault) => DAMAGING_FAULTS.has(fault))

/** A run that is about nothing else: few enough replicas, and members that reach each other. */
export const allStrong = (plan: Plan, random: SeededRandom): Plan => {
  const replicas = Math.min(plan.replicas, MOST_REPLICAS)
  const topology = plan.topology === 'line' ? 'mesh' : plan.topology
  const least = topology === 'tabs' ? hostCount(replicas) : 1
  const members = Math.max(least, Math.min(replicas, random.pick(MEMBERS)))
  return {
    ...plan,
    replicas,
    topology,
    members,
    faults: plan.faults.filter(
      (fault) => !ROLLBACK_FAULTS.has(fault) && mayDamage(members, [fault]),
    ),
    isExact: true,
    strongPerSecond: random.pick(PER_SECOND),
  }
}
