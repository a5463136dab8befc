// Moving a floor: the owner's next operation, by which all replicas forget its old request records.
import { TallymeshError } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { KeyedRecord, State, ValuedState } from './state.ts'

/**
 * Drops `replica`'s own records up to `upTo`, but for those that are part of a repetition that is known
 * here, those that `stays` names, and those that were kept before.
 *
 * @returns false, and changes nothing, where there is none to drop
 * @throws {TallymeshError} `ERR_TOTAL_LIMIT`
 */
export const moveFloor = (
  state: ValuedState,
  replica: string,
  upTo: number,
  stays: (seq: number) => boolean,
): boolean => {
  const before = state.lastSeq(replica)
  const limit = Math.min(upTo, before)
  const kept = state.floor(replica)?.upTo ?? 0
  if (limit <= kept) return false
  const records = state.recordsUpTo(replica, limit)
  const staying = records.filter(
    (one) => one.record.seq <= kept || stays(one.record.seq) || isRepeated(state, one),
  )
  if (staying.length === records.length) return false
  const at = before + 1
  if (at > LIMITS.seq)
    throw new TallymeshError('ERR_TOTAL_LIMIT', 'this replica id has no operation numbers left')
  state.writeFloor(replica, { at, upTo: limit, kept: staying.map(({ record }) => record.seq) })
  if (state.version(replica) === before) state.setVersion(replica, at)
  return true
}

/** Whether another slot has a record of the same increment: the value counts on both. */
export const isRepeated = (
  state: Pick<State, 'holders'>,
  { key, record: { hash, amount, ops } }: KeyedRecord,
): boolean =>
  state
    .holders(hash)
    .filter(
      (other) => other.key === key && other.record.amount === amount && other.record.ops === ops,
    ).length > 1
