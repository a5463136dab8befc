// The checker: whether a history is linearizable, key by key.
import { haveDigits, whyNotByDigits } from './digits.ts'
import { operationsOf, type HistoryEvent, type Operations } from './history.ts'
import { isLinearizableBySearch } from './search.ts'

export interface Verdict {
  readonly key: string
  /** `unknown`: the increments have no digits of their own, and there are too many to try orders. */
  readonly outcome: 'linearizable' | 'not-linearizable' | 'unknown'
  /** Why not. */
  readonly reason?: string
}

/** Linearizability is local: a history is linearizable where that of each key is (Herlihy and Wing, 1990). */
export const check = (history: readonly HistoryEvent[]): Verdict[] =>
  [...operationsOf(history)].map(([key, operations]) => ({ key, ...judge(operations) }))

const judge = (operations: Operations): Omit<Verdict, 'key'> => {
  if (haveDigits(operations)) {
    const reason = whyNotByDigits(operations)
    return reason === undefined
      ? { outcome: 'linearizable' }
      : { outcome: 'not-linearizable', reason }
  }
  const found = isLinearizableBySearch(operations)
  if (found === undefined) return { outcome: 'unknown' }
  return found
    ? { outcome: 'linearizable' }
    : { outcome: 'not-linearizable', reason: 'in no order of the operations are all reads right' }
}

/** The first key that is not shown to be linearizable, in words; undefined where all are. */
export const whyNot = (history: readonly HistoryEvent[]): string | undefined => {
  const bad = check(history).find(({ outcome }) => outcome !== 'linearizable')
  return bad && `${bad.key}: ${bad.reason ?? 'too many increments without digits of their own'}`
}
