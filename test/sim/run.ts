// One run: a cluster suffers, heals, and must be as if nothing had happened.
import { checkersOf } from './checkers/all.ts'
import { Cluster, type Violation } from './cluster.ts'
import type { FaultCounts } from './faults.ts'
import { Merges } from './merges.ts'
import { Nemesis } from './nemesis.ts'
import { planOf, type Plan, type RunOptions } from './plan.ts'
import type { Ports } from './sim-node.ts'
import { StrongClients } from './strong/clients.ts'
import { TOPOLOGIES } from './topology.ts'
import { Workload } from './workload.ts'

/** How often it is looked at. */
const SAMPLE_MS = 250
const POLL_MS = 100
/** How long it is watched doing nothing. */
const IDLE_MS = 35_000
const LATENCY_MS = [0.2, 60] as const
/** Twenty times as long as any request is remembered, where that is short: a clock may be slow. */
const FORGET_WITHIN_MS = 120_000

export interface RunResult {
  readonly plan: Plan
  readonly violation: Violation | undefined
  readonly faults: FaultCounts
  /** Equal for equal runs. */
  readonly hash: string
  readonly events: number
  readonly virtualMs: number
  /** From the moment when all was well until all were equal. */
  readonly healedInMs: number
  readonly acknowledged: number
  readonly refused: number
  readonly lost: number
  readonly duplicates: number
  /** How many strong reads took how many rounds, by the number of rounds. */
  readonly rounds: readonly number[]
  readonly logged: readonly (readonly [string, number])[]
}

export interface RunHooks {
  readonly print?: ((line: string) => void) | undefined
  readonly wrap?: ((ports: Ports) => Ports) | undefined
}

export const runSeed = (options: RunOptions, hooks?: RunHooks): Promise<RunResult> =>
  runPlan(planOf(options), hooks)

export const runPlan = async (plan: Plan, hooks: RunHooks = {}): Promise<RunResult> => {
  const cluster = new Cluster({
    ...hooks,
    seed: `${plan.seed}`,
    isExact: plan.isExact,
    hasDigits: plan.hasDigits,
    hasGossip: plan.hasGossip,
    hasStreams: plan.hasStreams,
    retentionMs: plan.retentionMs,
    checkers: checkersOf(plan),
  })
  const unhandled = (error: unknown): void => {
    cluster.violate('unhandled', `a promise was rejected and nobody cared: ${String(error)}`)
  }
  process.on('unhandledRejection', unhandled)
  try {
    return await play(plan, cluster)
  } finally {
    process.off('unhandledRejection', unhandled)
    for (const node of cluster.nodes) node.crash()
  }
}

const play = async (plan: Plan, cluster: Cluster): Promise<RunResult> => {
  const { timeline } = cluster
  build(plan, cluster)
  const nemesis = new Nemesis(cluster, plan)
  const workload = new Workload(cluster, plan)
  const sample = (): void => {
    cluster.check('sampled')
    timeline.after(SAMPLE_MS, sample)
  }
  sample()
  nemesis.start()
  workload.start()
  const strong = new StrongClients(cluster, plan)
  strong.start()
  const merges = new Merges(cluster, plan)
  merges.start()
  await cluster.run(plan.durationMs)
  workload.stop()
  merges.stop()
  strong.stop()
  nemesis.heal()
  const healedAt = timeline.now
  await untilEqual(cluster, plan.healWithinMs)
  const healedInMs = timeline.now - healedAt
  if (plan.strongPerSecond !== undefined) {
    await untilEmpty(cluster)
    await strong.probe()
    await untilEqual(cluster, plan.healWithinMs)
  }
  if (mustForget(plan)) {
    await untilForgotten(cluster)
    await untilEqual(cluster, plan.healWithinMs)
  }
  cluster.check('healed')
  if (plan.hasStreams) {
    await cluster.run(IDLE_MS)
    cluster.check('idled')
  }
  const { ledger, trace, violation, faults } = cluster
  return {
    plan,
    violation,
    faults,
    hash: trace.hash,
    events: timeline.events,
    virtualMs: timeline.now,
    healedInMs,
    acknowledged: ledger.acknowledged,
    refused: ledger.refused,
    lost: ledger.lost,
    duplicates: ledger.duplicates,
    rounds: cluster.rounds,
    logged: [...cluster.logged],
  }
}

const build = (plan: Plan, cluster: Cluster): void => {
  const random = cluster.random.fork('topology')
  for (let i = 0; i < plan.replicas; i++) cluster.addNode()
  cluster.members.push(...cluster.nodes.slice(0, plan.members).map(({ peer }) => peer))
  for (const [a, b] of TOPOLOGIES[plan.topology](plan.replicas, random))
    cluster.network.link(
      cluster.nodes[a]!.name,
      cluster.nodes[b]!.name,
      random.between(...LATENCY_MS),
    )
  // Some are there from the start, others come later.
  for (const node of cluster.nodes)
    cluster.timeline.after(random.chance(0.7) ? 0 : random.between(0, plan.durationMs), () =>
      node.start(),
    )
}

/** Each member has to be asked. */
const mustForget = ({ retentionMs, hasStreams, topology }: Plan): boolean =>
  retentionMs !== undefined && hasStreams && topology === 'mesh'

/** What was asked for long ago is forgotten, and nothing runs for its sake any more. */
const untilForgotten = async (cluster: Cluster): Promise<void> => {
  await cluster.run(FORGET_WITHIN_MS, () => cluster.hasForgotten())
  if (!cluster.hasForgotten())
    cluster.violate('retention', `requests are still remembered after ${FORGET_WITHIN_MS} ms`)
}

/** Nothing is under way from when links were slow: a call that waits behind it is no fault. */
const untilEmpty = async (cluster: Cluster): Promise<void> => {
  const lanes = cluster.network.links.flatMap((link) => link.lanes)
  const emptyAt = Math.max(0, ...lanes.map((lane) => lane.emptyAt))
  await cluster.run(Math.max(0, emptyAt - cluster.timeline.now))
}

/** All clients have their answers, and all nodes say that they hold the same. */
const untilEqual = async (cluster: Cluster, withinMs: number): Promise<void> => {
  let isEqual = false
  const poll = (): void => {
    isEqual = cluster.ledger.isQuiet && cluster.strongCalls.isQuiet && cluster.isEqual()
    if (!isEqual) cluster.timeline.after(POLL_MS, poll)
  }
  cluster.timeline.after(POLL_MS, poll)
  await cluster.run(withinMs, () => isEqual)
}
