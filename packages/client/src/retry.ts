// Goes over the peers, again and again, until one answers or there is no point in going on.
import { attempt } from './attempt.ts'
import { sleep } from './clock.ts'
import { type Asked, toError } from './failure.ts'
import type { Failure } from './judge.ts'
import type { Message } from './messages.ts'
import type { PeerList } from './peer-list.ts'
import type { Reader } from './replies.ts'
import type { Settings } from './settings.ts'
import type { Transfer } from './transfer.ts'

/** The wait after the first round is anything up to this, and twice as much after each further one. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000
/** Timers may fire this much early. */
const TIMER_SLACK_MS = 2

/** One call, whatever number of attempts it takes. */
export interface Call<T> extends Asked {
  /** The request, given the time that this attempt has. The request ids are the same each time. */
  readonly message: (limitMs: number) => Message
  readonly read: Reader<T>
  /** Where it goes over in pieces. */
  readonly transfer?: Transfer<T> | undefined
  /** Of the whole call. Milliseconds. */
  readonly timeoutMs: number
  /** Of each attempt. Milliseconds. */
  readonly attemptMs: number
}

/** Full jitter: callers that failed together do not come back together. */
export const waitMs = (round: number, random: () => number): number =>
  random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** round)

/** When each peer may be asked again, where it said so. */
class Pauses {
  readonly #until = new Map<string, number>()

  note({ url, retryAfterMs = 0 }: Failure, now: number): void {
    this.#until.set(url, now + retryAfterMs)
  }

  /** Milliseconds until this peer may be asked. */
  left(url: string, now: number): number {
    return Math.max(0, (this.#until.get(url) ?? now) - now)
  }
}

/**
 * @throws {TallymeshClientError} when a peer refuses for good, none can answer in all rounds or in
 *   time, or the signal fires
 */
export const askPeers = async <T>(
  call: Call<T>,
  peers: PeerList,
  settings: Settings,
): Promise<T> => {
  const { clock, retries, random } = settings
  const { signal, timeoutMs, attemptMs } = call
  const failures: Failure[] = []
  const pauses = new Pauses()
  const deadline = clock.now() + timeoutMs
  for (let round = 0; ; round++) {
    const urls = peers.inOrder()
    for (const url of urls.filter((url) => pauses.left(url, clock.now()) <= TIMER_SLACK_MS)) {
      const limitMs = Math.min(attemptMs, deadline - clock.now())
      if (limitMs <= 0 || signal?.aborted) throw toError(call, failures)
      const bounds = { limitMs, signal }
      const found = await attempt(
        url,
        call.message(limitMs),
        call.read,
        settings,
        bounds,
        call.transfer,
      )
      if ('value' in found) {
        peers.worked(url)
        return found.value
      }
      failures.push(found)
      pauses.note(found, clock.now())
      if (!found.retry || call.transfer?.isSpent()) throw toError(call, failures)
    }
    const pause = Math.min(...urls.map((url) => pauses.left(url, clock.now())))
    const wait = Math.max(waitMs(round, random), pause)
    if (round >= retries || clock.now() + wait >= deadline) throw toError(call, failures)
    await sleep(clock, wait, signal)
  }
}
