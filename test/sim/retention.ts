// Runs in which request ids are forgotten before they end, and clients that know for how long they may retry.
import type { SeededRandom } from './random.ts'
import type { Plan, RunOptions } from './plan.ts'

const SHARE = 1 / 6
/** Of those, so many let all members reach each other: each has to be asked. */
const MESH_SHARE = 7 / 8
const RETENTION_MS = [3000, 6000] as const
/** A client retries for so much of the retention time: a clock may run three times too fast, and jump. */
const RETRIED_FOR = 1 / 6
/** Between two tries: of that time. */
const RETRY_SHARE = 1 / 4

/**
 * Of two processes under one peer id, one is asked what it holds; the other may count on unseen, and what
 * it does then, nobody waits for. All are members: what one that is none applied, nobody waits for. Nor does anyone for counters that are
 * kept outside: they count no requests then, but are carried about.
 */
export const withRetention = (plan: Plan, { forget }: RunOptions, random: SeededRandom): Plan => {
  const isChosen = random.chance(SHARE)
  if (!(forget ?? isChosen) || plan.faults.includes('copied-disk')) return plan
  const topology = random.chance(MESH_SHARE) ? 'mesh' : plan.topology
  const retentionMs = random.int(...RETENTION_MS)
  return { ...plan, members: plan.replicas, topology, retentionMs }
}

/** When a client gives up, and the longest that it waits between two tries; Infinity for no limit. */
export const retryLimits = ({
  retentionMs = Infinity,
}: Pick<Plan, 'retentionMs'>): { readonly giveUpMs: number; readonly waitMs: number } => {
  const giveUpMs = retentionMs * RETRIED_FOR
  return { giveUpMs, waitMs: giveUpMs * RETRY_SHARE }
}
