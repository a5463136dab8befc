// What goes over in pieces, and takes as long as it takes: its time limit is for standing still.
import type { Failure, Success } from './judge.ts'

/** The limit of an attempt, as a transfer bends it. */
export interface Pulse {
  /** Something went over: the limit begins anew. Milliseconds; the attempt's own if left out. */
  beat(limitMs?: number): void
  /** Until the next beat it is not the peer that is waited for. */
  hold(): void
}

/** An answer whose body has not been read. */
export interface Arriving {
  readonly url: string
  readonly response: Response
  readonly pulse: Pulse
  /** Ends the reading. */
  readonly signal: AbortSignal
}

/** What is sent or taken in pieces; the rest of a call is as ever. */
export interface Transfer<T> {
  /** The body of a POST, anew at each attempt. */
  readonly upload?: (pulse: Pulse) => ReadableStream<Uint8Array>
  /** Takes an answer that went well, in place of reading it whole. */
  readonly receive?: (arriving: Arriving) => Promise<Success<T> | Failure>
  /** Whether something went over that can not go over once more. */
  readonly isSpent: () => boolean
}

export const LINES_TYPE = 'application/x-ndjson'

/** The promise, unless the signal is first: a fetch of someone else's may not heed it. */
export const unless = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('ended', 'AbortError'))
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
