// What a run will be like: chosen by its seed, within what the options allow.
import { CUTTING_FAULTS, FAULTS, ROLLBACK_FAULTS, type FaultName } from './faults.ts'
import { SeededRandom } from './random.ts'
import { withRetention } from './retention.ts'
import { allStrong, withStrong } from './strong/plan.ts'
import { hostCount, TOPOLOGIES, type TopologyName } from './topology.ts'

/** What can be asked of a run from outside. All of it together is what a regression records. */
export interface RunOptions {
  readonly seed: number
  readonly replicas?: number | undefined
  /** The faults that may be chosen; all if left out. */
  readonly faults?: readonly FaultName[] | undefined
  readonly gossip?: boolean | undefined
  readonly antiEntropy?: boolean | undefined
  /** Whether clients ask for a majority in this run; of those with members, some do if left out. */
  readonly strong?: boolean | undefined
  /** Whether request records are forgotten in this run; in some of them if left out. */
  readonly forget?: boolean | undefined
}

export interface Plan {
  readonly seed: number
  readonly replicas: number
  readonly topology: TopologyName
  /** How many of the nodes are members, from the first on; 0 for none configured. */
  readonly members: number
  readonly faults: readonly FaultName[]
  /** No replica id goes back in time or has two writers: all that was counted is there in the end. */
  readonly isExact: boolean
  /**
   * It is not so, and all are members: each amount tells which increment it is (digits.ts), so that the
   * values tell what became of each. checkers/each-once.ts says what is asked for then.
   */
  readonly hasDigits: boolean
  /** From 0 to 1, how hard it is. */
  readonly intensity: number
  readonly hasGossip: boolean
  readonly hasStreams: boolean
  /** How long it is made to suffer. Virtual milliseconds. */
  readonly durationMs: number
  /** How long it may take to become equal once all is well. Virtual milliseconds. */
  readonly healWithinMs: number
  readonly operationsPerSecond: number
  readonly keys: number
  /** Increments of one batch that takes several messages to hand on; 0 for none. */
  readonly bulk: number
  /** Counters that are kept outside, and merged in now and then. */
  readonly outside: number
  /** Calls a second that ask for a majority; left out for none. */
  readonly strongPerSecond?: number
  /** How long request ids are remembered, where that is short. Virtual milliseconds. */
  readonly retentionMs?: number
}

/** One run in so many tries what goes back in time, where nobody asked for it by name. */
const ROLLBACK_SHARE = 1 / 8
/** Of those, so many have members. */
const ROLLBACK_MEMBERS_SHARE = 3 / 4
/** Of those with members, so many let all of them reach each other. */
const ROLLBACK_MESH_SHARE = 3 / 4
/** Of those with a copy and members, so many spare it what could hide the original from the members. */
const CALM_COPY_SHARE = 0.4
/** Longer than others: a replica that misses a member's word waits for it for 10 s. */
const ROLLBACK_MS = [8000, 30_000] as const

/** One run in so many has a batch that is large, and few replicas to carry it. */
const BULK_SHARE = 1 / 5
const MOST_WITH_BULK = 5
const OUTSIDE_SHARE = 1 / 4
/** A line of 50, and peers chosen at random. */
const HEAL_WITHIN_MS = 120_000
/** Of two under one peer id, others reach one: the other has to ask, and its clock may be slow. */
const HEAL_COPY_WITHIN_MS = 600_000
const MEMBERS_SHARE = 1 / 3

/** Everything else is chosen before, so that a seed is what it was. */
export const planOf = (options: RunOptions): Plan =>
  withRetention(
    planWithoutRetention(options),
    options,
    new SeededRandom(`${options.seed}`).fork('retention'),
  )

const planWithoutRetention = (options: RunOptions): Plan => {
  const random = new SeededRandom(`${options.seed}`).fork('plan')
  const replicas = options.replicas ?? chooseReplicas(random)
  const allowed = options.faults ?? FAULTS
  const withRollback = random.chance(ROLLBACK_SHARE)
  const share = random.pick([0.15, 0.4, 0.7, 1])
  const chosen = allowed
    .filter((fault) => !ROLLBACK_FAULTS.has(fault))
    // Who names one fault wants that one.
    .filter(() => random.chance(share) || allowed.length === 1)
  const isAsked = options.faults?.some((fault) => ROLLBACK_FAULTS.has(fault)) === true
  // A large cluster costs by the square of its size.
  const size = Math.max(1, replicas / 8)
  const topology = random.pick(Object.keys(TOPOLOGIES) as TopologyName[])
  const plan: Plan = {
    seed: options.seed,
    replicas,
    topology,
    // What only a peer that is no member still holds is lost to the others.
    members: random.chance(MEMBERS_SHARE) ? chooseMembers(topology, replicas, random) : 0,
    faults: chosen,
    isExact: true,
    hasDigits: false,
    intensity: random.next(),
    hasGossip: options.gossip ?? true,
    hasStreams: options.antiEntropy ?? true,
    durationMs: random.int(3000, 15_000) / size,
    healWithinMs: HEAL_WITHIN_MS,
    operationsPerSecond: random.pick([2, 10, 30]),
    keys: random.pick([1, 5, 5, 60, 400]),
    bulk: replicas <= MOST_WITH_BULK && random.chance(BULK_SHARE) ? random.int(1000, 2500) : 0,
    outside: random.chance(OUTSIDE_SHARE) ? random.int(1, 3) : 0,
  }
  const own = random.fork('strong')
  if (options.strong === true) return allStrong(plan, own)
  const rollback = withRollback || isAsked ? chooseRollback(allowed, random.fork('rollback')) : []
  return rollback.length === 0
    ? withStrong(plan, own)
    : withFaults(plan, rollback, random.fork('with rollback'))
}

const chooseRollback = (allowed: readonly FaultName[], random: SeededRandom): FaultName[] => {
  const possible = allowed.filter((fault) => ROLLBACK_FAULTS.has(fault))
  if (possible.length <= 1 || random.chance(0.2)) return possible
  return [random.pick(possible)]
}

/** With what goes back in time, or is copied: see checkers/each-once.ts for what can be exact then. */
const withFaults = (plan: Plan, rollback: readonly FaultName[], random: SeededRandom): Plan => {
  const faults = [...plan.faults, ...rollback]
  const isCopied = rollback.includes('copied-disk')
  const base = { ...plan, healWithinMs: isCopied ? HEAL_COPY_WITHIN_MS : HEAL_WITHIN_MS }
  if (!random.chance(ROLLBACK_MEMBERS_SHARE))
    return { ...base, faults, isExact: false, hasDigits: false, members: 0 }
  const isCalm = isCopied && random.chance(CALM_COPY_SHARE)
  const size = Math.max(1, plan.replicas / 8)
  return {
    ...base,
    faults: isCalm ? faults.filter((fault) => !CUTTING_FAULTS.has(fault)) : faults,
    isExact: false,
    // What only a peer that is no member still holds is lost to the others.
    members: plan.replicas,
    hasDigits: rollback.length === 1,
    topology: random.chance(ROLLBACK_MESH_SHARE) ? 'mesh' : plan.topology,
    durationMs: random.int(...ROLLBACK_MS) / size,
    operationsPerSecond: random.pick([2, 10]),
    keys: random.pick([5, 20, 60]),
  }
}

/** So many that those who are none reach one, and they each other: only members hand on what is not theirs. */
const chooseMembers = (topology: TopologyName, replicas: number, random: SeededRandom): number => {
  if (topology === 'line') return replicas
  return random.int(topology === 'tabs' ? hostCount(replicas) : 1, replicas)
}

const chooseReplicas = (random: SeededRandom): number => {
  const kind = random.next()
  if (kind < 0.7) return random.int(2, 5)
  if (kind < 0.95) return random.int(6, 10)
  if (kind < 0.995) return random.int(11, 20)
  return random.int(21, 50)
}
