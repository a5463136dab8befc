// An increment: the owner's next operation on one of its slots.
import { TallymeshError } from './errors.ts'
import { addToTotal, type Integer } from './integer.ts'
import { LIMITS } from './limits.ts'
import type { RequestHash, RequestRecord } from './request.ts'
import type { State } from './state.ts'

/** Which operation an increment became, or had become before. */
export interface Recorded {
  readonly replica: string
  readonly seq: number
  readonly duplicate: boolean
}

/** How an increment was recorded. */
export interface CountedIncrement extends Recorded {
  readonly value: bigint
  /** How many increments the counter has had. */
  readonly ops: number
  /** The operation number it has at `replica`. */
  readonly seq: number
  readonly replica: string
  /** True where the request id was known: nothing has changed. */
  readonly duplicate: boolean
}

const NO_REQUESTS: readonly RequestRecord[] = []

/**
 * Records an increment in `replica`'s slot of `key`, unless its request is known.
 *
 * @throws {TallymeshError} `ERR_TOTAL_LIMIT`, `ERR_REQUEST_CONFLICT`; nothing has changed then.
 */
export const recordIncrement = (
  state: State,
  replica: string,
  key: string,
  amount: Integer,
  hash?: RequestHash,
): Recorded => {
  if (hash !== undefined) {
    const known = knownRequest(state, key, amount, hash)
    if (known !== undefined) return known
  }
  const slot = state.slot(replica, key)
  const before = state.lastSeq(replica)
  const seq = before + 1
  if (seq > LIMITS.seq)
    throw new TallymeshError(
      'ERR_TOTAL_LIMIT',
      'this replica id has no operation numbers left; go on under another id',
    )
  state.write(replica, key, {
    first: slot?.first ?? seq,
    seq,
    ops: (slot?.ops ?? 0) + 1,
    total: addToTotal(slot?.total ?? 0, amount),
    requests: hash === undefined ? NO_REQUESTS : [{ hash, amount, seq, ops: 1 }],
    requestsSince: before,
  })
  // Where slots of one's own came back without all that was before them, a gap stays a gap.
  if (state.version(replica) === before) state.setVersion(replica, seq)
  return { replica, seq, duplicate: false }
}

/**
 * Puts a record beside increments that came without a request id: `record.ops` of them, the last at
 * `record.seq`, of which none has a record. A copy of them that is found elsewhere counts once then.
 */
export const coverIncrements = (
  state: State,
  replica: string,
  key: string,
  record: RequestRecord,
): void => {
  const since = record.seq - 1
  const slot = state.slot(replica, key)!
  const requests = [record, ...state.requests(replica, key, since)]
  state.write(replica, key, { ...slot, requests, requestsSince: since })
}

const knownRequest = (
  state: State,
  key: string,
  amount: Integer,
  hash: RequestHash,
): Recorded | undefined => {
  const holders = state.holders(hash)
  const same = holders.filter(
    (holder) => holder.key === key && holder.record.amount === amount && holder.record.ops === 1,
  )
  // The application that counts is the one of the smallest replica id (DESIGN section 7).
  const first = same.sort((a, b) => (a.replica < b.replica ? -1 : 1))[0]
  if (first !== undefined) return { replica: first.replica, seq: first.record.seq, duplicate: true }
  const other = holders[0]
  if (other === undefined) return undefined
  throw new TallymeshError(
    'ERR_REQUEST_CONFLICT',
    `this request id was used before, to add ${other.record.amount} to ${JSON.stringify(other.key)}; a retry repeats key and amount, a new increment takes a new id`,
  )
}
