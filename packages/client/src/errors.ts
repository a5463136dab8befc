// The one error class of the client, and what it tells of each attempt.

/**
 * What the client itself finds wrong. A peer's own codes (`ERR_REQUEST_CONFLICT`,
 * `ERR_QUORUM_UNAVAILABLE`, …) come through as they are.
 *
 * - `ERR_INVALID_ARGUMENT`: an option, key, amount or request id is not allowed; peers say this too
 * - `ERR_UNREACHABLE`: no peer could be reached, or connections broke before an answer was whole
 * - `ERR_TIMEOUT`: no peer answered in time; peers say this too
 * - `ERR_NOT_A_PEER`: what answered is no Tallymesh peer
 * - `ERR_INCOMPLETE`: an export broke off, or ends too soon
 * - `ERR_ABORTED`: the caller's signal fired; its reason is the error's `cause`
 */
export type ClientErrorCode =
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_UNREACHABLE'
  | 'ERR_TIMEOUT'
  | 'ERR_NOT_A_PEER'
  | 'ERR_INCOMPLETE'
  | 'ERR_ABORTED'

/** A code of the client's, or a peer's. */
export type ErrorCode = ClientErrorCode | (string & {})

/**
 * What became of an increment whose call failed.
 *
 * - `not-applied`: no peer counted it
 * - `unknown`: a peer may have counted it; a retry with the same request id counts it once
 * - `recorded`: a peer counted it, but could not give the `ack` that was asked for; it will spread
 */
export type Outcome = 'not-applied' | 'unknown' | 'recorded'

/** What went wrong at one peer, once. */
export interface Attempt {
  readonly url: string
  readonly code: ErrorCode
  readonly detail: string
  /** Of the HTTP response, where there was one. */
  readonly status?: number
}

/** A peer's refusal as it came (RFC 9457). */
export type Problem = Readonly<Record<string, unknown>>

export interface ErrorFacts {
  readonly code: ErrorCode
  readonly detail: string
  readonly status?: number
  readonly attempts?: readonly Attempt[]
  readonly outcome?: Outcome
  readonly requestId?: string
  readonly requestIds?: readonly string[]
  readonly problem?: Problem
  readonly cause?: unknown
}

/** Every error that the client throws. Its message is its `detail`. */
export class TallymeshClientError extends Error {
  readonly code: ErrorCode
  /** The HTTP status, where a peer (or something in front of it) answered. */
  readonly status: number | undefined
  /** In the order in which they were made; empty where nothing was sent. */
  readonly attempts: readonly Attempt[]
  /** Of increments only. */
  readonly outcome: Outcome | undefined
  /** Of an increment: with it, a retry is safe whatever the outcome. */
  readonly requestId: string | undefined
  /** Of a batch: one for each increment, in order. */
  readonly requestIds: readonly string[] | undefined
  /** All that the peer said, where it was a peer that refused. */
  readonly problem: Problem | undefined

  constructor(facts: ErrorFacts) {
    super(facts.detail, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'TallymeshClientError'
    this.code = facts.code
    this.status = facts.status
    this.attempts = facts.attempts ?? []
    this.outcome = facts.outcome
    this.requestId = facts.requestId
    this.requestIds = facts.requestIds
    this.problem = facts.problem
  }

  get detail(): string {
    return this.message
  }
}

/** Refused by the client itself: nothing was sent. */
export const invalid = (detail: string): TallymeshClientError =>
  new TallymeshClientError({ code: 'ERR_INVALID_ARGUMENT', detail, outcome: 'not-applied' })
