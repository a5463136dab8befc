// One request to one peer, within its own time.
import { readText } from './body.ts'
import { type Failure, judge, type Success } from './judge.ts'
import type { Message } from './messages.ts'
import { neverSent, reasonOf } from './network-error.ts'
import type { Reader } from './replies.ts'
import type { Settings } from './settings.ts'

/** What bounds an attempt from outside. */
export interface Bounds {
  readonly limitMs: number
  readonly signal: AbortSignal | undefined
}

type Ending = 'time-out' | 'abort'

interface Watch {
  readonly signal: AbortSignal
  /** What ended it, if anything did. */
  readonly ending: () => Ending | undefined
  readonly done: () => void
}

/** Ends with the time, with the caller's signal, or with `done`, whichever comes first. */
const watch = ({ clock }: Settings, { limitMs, signal }: Bounds): Watch => {
  const stop = new AbortController()
  let ending: Ending | undefined
  const end = (how: Ending): void => {
    ending ??= how
    stop.abort()
  }
  const abort = (): void => end('abort')
  const cancel = clock.after(limitMs, () => end('time-out'))
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const done = (): void => {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
  return { signal: stop.signal, ending: () => ending, done }
}

/** The promise, unless the signal is first: a fetch of someone else's may not heed it. */
const unless = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('ended', 'AbortError'))
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })

const toInit = ({ body }: Message, { headers }: Settings, signal: AbortSignal): RequestInit => ({
  method: body === undefined ? 'GET' : 'POST',
  headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
  ...(body !== undefined && { body }),
  // A POST that is sent elsewhere arrives as a GET, and a token would go to strangers.
  redirect: 'manual',
  signal,
})

const ended = (url: string, ending: Ending, { limitMs, signal }: Bounds): Failure =>
  ending === 'abort'
    ? {
        url,
        code: 'ERR_ABORTED',
        detail: 'aborted by the caller',
        retry: false,
        outcome: 'unknown',
        cause: signal?.reason as unknown,
      }
    : {
        url,
        code: 'ERR_TIMEOUT',
        detail: `no answer within ${Math.round(limitMs)} ms`,
        retry: true,
        outcome: 'unknown',
      }

const broken = (url: string, cause: unknown, answering: boolean): Failure => ({
  url,
  code: 'ERR_UNREACHABLE',
  detail: reasonOf(cause),
  retry: true,
  outcome: !answering && neverSent(cause) ? 'not-applied' : 'unknown',
  cause,
})

/** Asks one peer once. Never rejects: what goes wrong is a Failure that says what it may have done. */
export const attempt = async <T>(
  url: string,
  message: Message,
  read: Reader<T>,
  settings: Settings,
  bounds: Bounds,
): Promise<Success<T> | Failure> => {
  const { signal, ending, done } = watch(settings, bounds)
  let answering = false
  try {
    const target = new URL(message.path, url).href
    const response = await unless(signal, settings.fetch(target, toInit(message, settings, signal)))
    answering = true
    const { status, headers } = response
    return judge({ url, status, headers, text: await unless(signal, readText(response)) }, read)
  } catch (error) {
    const how = ending()
    return how === undefined ? broken(url, error, answering) : ended(url, how, bounds)
  } finally {
    done()
  }
}
