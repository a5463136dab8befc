// Strong calls end: within their limits, or with their process.
import type { MakeChecker } from '../checker.ts'

export const strongCallsEnd: MakeChecker = (cluster) => ({
  name: 'strong-calls-end',
  crashed: (node) => cluster.strongCalls.crashed(node),
  sampled: () => cluster.strongCalls.checkStopped(),
})
