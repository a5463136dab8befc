// One request to one peer, within its own time.
import { readText } from './body.ts'
import { type Failure, judge, type Success } from './judge.ts'
import type { Message } from './messages.ts'
import { neverSent, reasonOf } from './network-error.ts'
import type { Reader } from './replies.ts'
import type { Settings } from './settings.ts'
import { LINES_TYPE, type Pulse, type Transfer, unless } from './transfer.ts'

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
  readonly pulse: Pulse
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
  const begin = (ms: number): (() => void) => clock.after(ms, () => end('time-out'))
  let cancel = begin(limitMs)
  // A body may still be read when the answer is there already.
  let over = false
  const pulse = {
    hold: (): void => cancel(),
    beat: (ms = limitMs): void => {
      cancel()
      if (!over) cancel = begin(ms)
    },
  }
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const done = (): void => {
    over = true
    cancel()
    signal?.removeEventListener('abort', abort)
  }
  return { signal: stop.signal, ending: () => ending, pulse, done }
}

type Body = Pick<RequestInit, 'method' | 'body'> & { readonly duplex?: 'half'; type?: string }

const bodyOf = ({ body }: Message, stream: ReadableStream<Uint8Array> | undefined): Body => {
  // Not every platform can send while it receives, so fetch wants to hear that this does not.
  if (stream) return { method: 'POST', body: stream, duplex: 'half', type: LINES_TYPE }
  return body === undefined ? { method: 'GET' } : { method: 'POST', body, type: 'application/json' }
}

const toInit = (
  { type, ...body }: Body,
  { headers }: Settings,
  signal: AbortSignal,
): RequestInit => ({
  ...body,
  headers: { ...headers, ...(type !== undefined && { 'content-type': type }) },
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
  transfer?: Transfer<T>,
): Promise<Success<T> | Failure> => {
  const { signal, ending, pulse, done } = watch(settings, bounds)
  let answering = false
  try {
    const init = toInit(bodyOf(message, transfer?.upload?.(pulse)), settings, signal)
    const target = new URL(message.path, url).href
    const response = await unless(signal, settings.fetch(target, init))
    answering = true
    if (response.ok && transfer?.receive)
      return await transfer.receive({ url, response, pulse, signal })
    const { status, headers } = response
    return judge({ url, status, headers, text: await unless(signal, readText(response)) }, read)
  } catch (error) {
    const how = ending()
    return how === undefined ? broken(url, error, answering) : ended(url, how, bounds)
  } finally {
    done()
  }
}
