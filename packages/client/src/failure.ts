// Makes one error of all the attempts of a call.
import { type Attempt, type ErrorFacts, type Outcome, TallymeshClientError } from './errors.ts'
import type { Failure } from './judge.ts'

/** What a call is told apart by, and whether anything can have been counted. */
export interface Asked {
  /** Of increments; undefined for what only reads. */
  readonly ids:
    | { readonly requestId: string }
    | { readonly requestIds: readonly string[] }
    | undefined
  readonly signal: AbortSignal | undefined
}

/** From the most that may have happened to the least. */
const OUTCOMES: readonly Outcome[] = ['recorded', 'unknown', 'not-applied']

/** One attempt that counted is enough. */
const outcomeOf = (failures: readonly Failure[]): Outcome =>
  OUTCOMES.find((outcome) => failures.some((failure) => failure.outcome === outcome)) ??
  'not-applied'

const toAttempt = ({ url, code, detail, status }: Failure): Attempt => ({
  url,
  code,
  detail,
  ...(status !== undefined && { status }),
})

/** Each peer with what last went wrong there. */
const places = (failures: readonly Failure[]): string =>
  [...new Map(failures.map(({ url, detail }) => [url, detail]))]
    .map(([url, detail]) => `${url} (${detail})`)
    .join(', ')

const aborted = ({ signal }: Asked): ErrorFacts => ({
  code: 'ERR_ABORTED',
  detail: 'the call was aborted by its caller',
  cause: signal?.reason as unknown,
})

const told = ({ code, detail, status, problem, cause }: Failure): ErrorFacts => ({
  code,
  detail,
  ...(status !== undefined && { status }),
  ...(problem && { problem }),
  cause,
})

const SUMMARY: Readonly<Record<string, string>> = {
  ERR_INCOMPLETE: 'the export broke off at',
  ERR_NOT_A_PEER: 'no Tallymesh peer answers at',
  ERR_TIMEOUT: 'no peer answered in time at',
  ERR_UNREACHABLE: 'no peer answers at',
}

/** A peer's own words tell most, then that there was silence, then that nobody was there. */
const mostTelling = (failures: readonly Failure[]): ErrorFacts => {
  const final = failures.findLast(({ retry }) => !retry)
  const failure =
    final ??
    failures.findLast(({ problem }) => problem) ??
    failures.findLast(({ code }) => code === 'ERR_TIMEOUT') ??
    failures.at(-1)!
  const facts = told(failure)
  return failure.problem
    ? facts
    : { ...facts, detail: `${SUMMARY[failure.code]} ${places(failures)}` }
}

/** The error of a call that has come to nothing. */
export const toError = (asked: Asked, failures: readonly Failure[]): TallymeshClientError => {
  const last = failures.at(-1)
  const refused = last && !last.retry && last.code !== 'ERR_ABORTED'
  const facts = asked.signal?.aborted && !refused ? aborted(asked) : mostTelling(failures)
  return new TallymeshClientError({
    ...facts,
    attempts: failures.map(toAttempt),
    ...(asked.ids && { ...asked.ids, outcome: outcomeOf(failures) }),
  })
}
