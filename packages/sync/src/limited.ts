// Work with a time limit on the engine's clock, and a caller's own signal.
import { TallymeshError } from '@tallymesh/core'
import type { Clock } from './clock.ts'

/**
 * Gives `work` a signal that is aborted when the caller's is, or when the time is over.
 *
 * @throws what the work throws: the signal's reason, as a rule `ERR_TIMEOUT`
 */
export const limited = async <T>(
  clock: Clock,
  limitMs: number,
  callers: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const given = new AbortController()
  const cancel = clock.after(limitMs, () =>
    given.abort(new TallymeshError('ERR_TIMEOUT', `it took more than ${limitMs} ms`)),
  )
  const abort = (): void => given.abort(callers?.reason)
  callers?.addEventListener('abort', abort)
  try {
    if (callers?.aborted) abort()
    given.signal.throwIfAborted()
    return await work(given.signal)
  } finally {
    cancel()
    callers?.removeEventListener('abort', abort)
  }
}
