// Waiting on the engine's clock, until a signal says that there is nothing to wait for.
import type { Clock } from './clock.ts'

/** Resolves after a time, or when the signal is aborted. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(ms, resolve)
  const abort = (): void => {
    cancel()
    resolve()
  }
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  return promise.finally(() => signal.removeEventListener('abort', abort))
}

/** The promise's outcome, unless the signal comes first: its reason then. */
export const unlessAborted = async <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> => {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort)
  try {
    if (signal.aborted) abort()
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
