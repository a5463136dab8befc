// A channel that is read from no faster than its peer may send.
import { passedLimits } from './intake.ts'
import type { Channel } from './network.ts'
import type { PeerLimits } from './peer-limits.ts'

/** Reading is asked for, so a peer that is let wait has its own writes wait, and nothing piles up here. */
export const paced = (channel: Channel, limits: PeerLimits | undefined): Channel => {
  if (limits === undefined) return channel
  const over = new AbortController()
  const abort = (reason: Error): void => {
    channel.abort(reason)
    over.abort(reason)
  }
  return {
    peer: channel.peer,
    source: pace({ ...channel, abort }, limits, over.signal),
    sink: (messages) => channel.sink(messages),
    abort,
  }
}

async function* pace(
  { peer, source, abort }: Pick<Channel, 'peer' | 'source' | 'abort'>,
  limits: PeerLimits,
  over: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const message of source) {
    const waitMs = Math.max(
      limits.take(peer, 'messages', 1),
      limits.take(peer, 'bytes', message.byteLength),
    )
    if (waitMs === Infinity) {
      abort(passedLimits(peer))
      throw passedLimits(peer)
    }
    if (waitMs > 0) await unlessOver(waitMs, over)
    yield message
  }
}

const unlessOver = (ms: number, over: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      over.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    over.addEventListener('abort', end)
    if (over.aborted) end()
  })
