// Strong calls to a peer's HTTP API, and what is known of one that was not answered as it asked.
import { type Reading, Violation } from '../checker.ts'
import { type Item, type Outcome, readingOf, readingsOf, request } from '../requests.ts'

/** Whose word is asked for. */
export type Level = 'local' | 'quorum' | 'all'

/**
 * - `nothing`: it has not happened, and will not
 * - `unknown`: nobody can tell
 * - `recorded`: a peer has the increment, and found no majority in time
 */
export type Told = { readonly answer: readonly Reading[] } | 'nothing' | 'unknown' | 'recorded'

/** A peer that runs says within this that it finds no majority. */
const TIMEOUT_MS = 1000
/** One that does not may be frozen. */
const ANSWER_MS = 2500

const counterUrl = (http: string, key: string): string =>
  `${http}/v1/counters/${encodeURIComponent(key)}`

interface Problem {
  readonly code: string
  readonly recorded?: boolean
}

/** @throws {Violation} for an answer that no peer may give, whatever befalls the others */
const toldBy = (outcome: Outcome, read: (text: string) => readonly Reading[]): Told => {
  if (outcome === 'refused') return 'nothing'
  if (outcome === 'unanswered') return 'unknown'
  const { status, url, text } = outcome
  if (status === 200) return { answer: read(text) }
  const { code, recorded } = (status === 503 ? JSON.parse(text) : {}) as Partial<Problem>
  if (code === 'ERR_QUORUM_UNAVAILABLE') return recorded === true ? 'recorded' : 'nothing'
  throw new Violation(`${status} was the answer to ${url}: ${text}`)
}

export const read = async (http: string, key: string, consistency: Level): Promise<Told> =>
  toldBy(
    await request(
      `${counterUrl(http, key)}?consistency=${consistency}&timeoutMs=${TIMEOUT_MS}`,
      undefined,
      ANSWER_MS,
    ),
    (text) => [readingOf(text)],
  )

/**
 * One by its own route, several as a batch: all or none.
 *
 * @throws {Violation} where it says that it found no majority, and not that it is recorded
 */
export const increment = async (
  http: string,
  items: readonly Item[],
  ack: Level,
): Promise<Told> => {
  const [first] = items
  if (items.length === 1) {
    const { key, amount, requestId } = first!
    const body = { value: `${amount}`, requestId, ack, timeoutMs: TIMEOUT_MS }
    const outcome = await request(`${counterUrl(http, key)}/increment`, body, ANSWER_MS)
    return toldBy(outcome, (text) => [readingOf(text)])
  }
  const increments = items.map(({ key, amount, requestId }) => ({
    key,
    value: `${amount}`,
    requestId,
  }))
  const body = { increments, ack, timeoutMs: TIMEOUT_MS }
  return toldBy(await request(`${http}/v1/increments`, body, ANSWER_MS), readingsOf)
}
