// Runs in which request ids are forgotten before they end, and clients that know for how long they may retry.
import type { SeededRandom } from './random.ts'
import type { Plan, RunOptions } from './plan.ts'

const SHARE = 1 / 6
const RETENTION_MS = [3000, 6000] as const
/** A client retries for so much of the retention time: a clock may run three times too fast, and jump. */
const RETRIED_FOR = 1 / 6
/** Between two tries: of that time. */
const RETRY_SHARE = 1 / 4

/**
 * All are members: what one that is none applied, nobody waits for. Nor does anyone for counters that are
 * kept outside: they count no requests then, but are carried about.
 */
export const withRetention = (plan: Plan, { forget }: RunOptions, random: SeededRandom): Plan => {
  const isChosen = random.chance(SHARE)
  return (forget ?? isChosen)
    ? { ...plan, members: plan.replicas, retentionMs: random.int(...RETENTION_MS) }
    : plan
}

/** When a client gives up, and the longest that it waits between two tries; Infinity for no limit. */
export const retryLimits = ({
  retentionMs = Infinity,
}: Pick<Plan, 'retentionMs'>): { readonly giveUpMs: number; readonly waitMs: number } => {
  const giveUpMs = retentionMs * RETRIED_FOR
  return { giveUpMs, waitMs: giveUpMs * RETRY_SHARE }
}
