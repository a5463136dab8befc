// One direction of a stream: messages in order, as fast as the link carries and the reader takes them.
import type { Timeline } from '../timeline.ts'
import { closedError } from './errors.ts'
import type { Lane } from './lane.ts'

/** Bytes that may be on their way or unread before the next message is asked for, as in libp2p.ts. */
const WINDOW_BYTES = 64 * 1024
/** What frames a message on a stream: its length as a varint. */
const PREFIX_BYTES = [2 ** 7, 2 ** 14, 2 ** 21]

export const framedBytes = (message: Uint8Array): number =>
  message.length + 1 + PREFIX_BYTES.filter((limit) => message.length >= limit).length

export class Pipe {
  readonly #timeline: Timeline
  readonly #lane: Lane
  /** Bytes after which it is cut; the message that holds that byte never arrives. */
  readonly #cutAfter: number
  readonly #cut: () => void
  readonly #arrived: Uint8Array[] = []
  /** Not sent yet, since the way is blocked. `undefined` is the end. */
  readonly #held: (Uint8Array | undefined)[] = []
  #sentBytes = 0
  #outstanding = 0
  #lastArrival = 0
  #ended = false
  #readOver = false
  #readFailure: Error | undefined
  #writeFailure: Error | undefined
  #wakeReader: () => void = () => {}
  #wakeWriter: () => void = () => {}

  constructor(timeline: Timeline, lane: Lane, cutAfter: number, cut: () => void) {
    this.#timeline = timeline
    this.#lane = lane
    this.#cutAfter = cutAfter
    this.#cut = cut
  }

  // The writer

  /** Resolves once the next message may be asked for. */
  async send(message: Uint8Array): Promise<void> {
    this.#checkWritable()
    this.#outstanding += framedBytes(message)
    this.#transmit(message)
    await this.#drained(WINDOW_BYTES)
  }

  /** Ends this direction, once all has been taken off this side. */
  async end(): Promise<void> {
    this.#checkWritable()
    this.#transmit(undefined)
    if (this.#lane.freeAt > this.#timeline.now)
      await this.#timeline.sleep(this.#lane.freeAt - this.#timeline.now)
    this.#checkWritable()
  }

  failWriter(reason: Error): void {
    this.#writeFailure ??= reason
    this.#wakeWriter()
  }

  async #drained(rest: number): Promise<void> {
    while (this.#outstanding > rest) {
      this.#checkWritable()
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve))
    }
    this.#checkWritable()
  }

  #checkWritable(): void {
    if (this.#writeFailure !== undefined) throw this.#writeFailure
  }

  // The way

  /** The way is open again. */
  unblock(): void {
    for (const message of this.#held.splice(0)) this.#transmit(message)
  }

  #transmit(message: Uint8Array | undefined): void {
    if (this.#lane.conditions.isBlocked) {
      this.#held.push(message)
      return
    }
    const bytes = message === undefined ? 1 : framedBytes(message)
    this.#sentBytes += bytes
    if (this.#sentBytes > this.#cutAfter) return this.#cut()
    const arrival = Math.max(this.#lane.arrivalOf(bytes), this.#lastArrival)
    this.#lastArrival = arrival
    this.#timeline.at(arrival, () => this.#arrive(message))
  }

  #arrive(message: Uint8Array | undefined): void {
    if (this.#readFailure !== undefined) return
    if (message === undefined) this.#ended = true
    else if (this.#readOver) this.#taken(message)
    else this.#arrived.push(message)
    this.#wakeReader()
  }

  // The reader

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        if (this.#readFailure !== undefined) throw this.#readFailure
        const message = this.#arrived.shift()
        if (message !== undefined) {
          this.#taken(message)
          yield message
        } else if (this.#ended) return
        else await new Promise<void>((resolve) => (this.#wakeReader = resolve))
      }
    } finally {
      this.#readOver = true
      for (const message of this.#arrived.splice(0)) this.#taken(message)
    }
  }

  failReader(reason: Error): void {
    if (this.#ended && this.#arrived.length === 0) return
    this.#readFailure ??= reason
    this.#wakeReader()
  }

  #taken(message: Uint8Array): void {
    this.#outstanding -= framedBytes(message)
    this.#wakeWriter()
  }
}

/** Drains `messages` into `pipe`, as `Channel.sink` promises. */
export const pour = async (
  messages: AsyncIterable<Uint8Array>,
  pipe: Pipe,
  failed: Promise<never>,
  sending: (message: Uint8Array) => void,
): Promise<void> => {
  const source = messages[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([source.next(), failed])
      if (next.done === true) break
      sending(next.value)
      await pipe.send(next.value)
    }
    await pipe.end()
  } catch (error) {
    // Not awaited: the source may hang in a step that nobody waits for any more.
    source.return?.().catch(() => undefined)
    throw error instanceof Error ? error : closedError()
  }
}
