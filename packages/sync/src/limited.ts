// Work with a time limit on the engine's clock, and signals of those who may give it up.
import { TallymeshError } from '@tallymesh/core'
import type { Clock } from './clock.ts'

/**
 * Gives `work` a signal that is aborted when one of those is, or when the time is over.
 *
 * @throws what the work throws: the signal's reason, as a rule `ERR_TIMEOUT`
 */
export const limited = async <T>(
  clock: Clock,
  limitMs: number,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const given = new AbortController()
  const cancel = clock.after(limitMs, () =>
    given.abort(new TallymeshError('ERR_TIMEOUT', `it took more than ${limitMs} ms`)),
  )
  const abort = ({ target }: Pick<Event, 'target'>): void =>
    given.abort((target as AbortSignal).reason)
  for (const signal of signals) signal?.addEventListener('abort', abort)
  try {
    for (const signal of signals) if (signal?.aborted === true) abort({ target: signal })
    given.signal.throwIfAborted()
    return await work(given.signal)
  } finally {
    cancel()
    for (const signal of signals) signal?.removeEventListener('abort', abort)
  }
}
