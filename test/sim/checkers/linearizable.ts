// Strong calls of each key have taken effect one after the other, each between its start and its end.
import { whyNot } from '../../linear/check.ts'
import type { MakeChecker } from '../checker.ts'

export const linearizable: MakeChecker = (cluster, violate) => ({
  name: 'linearizable',
  healed: () => {
    const reason = whyNot(cluster.recorder.history)
    if (reason !== undefined) violate(reason)
  },
})
