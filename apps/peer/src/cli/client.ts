// The client as the commands use it, and what they say when it fails.
import {
  createTallymeshClient,
  type TallymeshClient,
  TallymeshClientError,
} from '@tallymesh/client'
import { HTTP_LIMITS } from '../http/limits.ts'
import { UsageError } from '../usage-error.ts'
import { type ClientFlags, tokenOf } from './options.ts'

/** What a peer's answer may take on top of its wait for a quorum. */
const ANSWER_MS = 1000

/** Refused before anything was sent: the command was called wrongly. */
const isBadUsage = (error: TallymeshClientError): boolean =>
  error.code === 'ERR_INVALID_ARGUMENT' && error.attempts.length === 0

/** Runs what a command asks; each peer has the time for one whole attempt, and one more of them. */
export const askPeer = async <T>(
  flags: ClientFlags,
  ask: (client: TallymeshClient) => Promise<T>,
  quorumMs: number = HTTP_LIMITS.defaultTimeoutMs,
): Promise<T> => {
  const { url, retries } = flags
  const token = tokenOf(flags)
  const attemptMs = quorumMs + ANSWER_MS
  try {
    const timeoutMs = attemptMs * (url.length + 1)
    return await ask(
      createTallymeshClient({ urls: url, retries, attemptMs, timeoutMs, ...(token && { token }) }),
    )
  } catch (error) {
    if (error instanceof TallymeshClientError && isBadUsage(error))
      throw new UsageError(error.detail, { cause: error })
    throw error
  }
}

/** The time limit of a quorum, where one was given. */
export const quorumOf = (timeout: number | undefined): { quorumMs?: number } =>
  timeout === undefined ? {} : { quorumMs: timeout }

/** What a failed increment has come to, and what to do. */
const afterwards = ({ outcome, requestId }: TallymeshClientError): string => {
  if (outcome === undefined) return ''
  if (outcome === 'not-applied') return '\nthe increment was not applied'
  const retry = `repeat it with --request-id ${requestId}, and it counts once`
  // The peer has said that it is recorded.
  return outcome === 'recorded'
    ? `\nto wait for more, ${retry}`
    : `\nthe increment may have been applied: ${retry}`
}

const hint = ({ code }: TallymeshClientError): string =>
  code === 'ERR_UNREACHABLE' ? '. Start one with "tallymesh peer", or name another with --url' : ''

/** For a person. */
export const describeFailure = (error: TallymeshClientError): string =>
  `${error.detail}${hint(error)}${afterwards(error)}`

/** For a program: the peer's own problem, where there is one, and what became of an increment. */
export const failureFields = ({
  code,
  detail,
  problem,
  outcome,
  requestId,
}: TallymeshClientError): object => ({
  ...(problem ?? { detail, code }),
  ...(outcome !== undefined && { outcome, requestId }),
})
