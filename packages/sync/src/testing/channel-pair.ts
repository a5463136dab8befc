// Two ends of a stream in memory, which count what goes over it.
import { TallymeshError } from '@tallymesh/core'
import type { Channel } from '../network.ts'

/** What one end sent. */
export interface Sent {
  messages: number
  bytes: number
}

export interface ChannelPair {
  readonly left: Channel
  readonly right: Channel
  readonly sentByLeft: Sent
  readonly sentByRight: Sent
  /** One-way trips: a message counts one where it goes the other way than the one before. */
  readonly turns: () => number
}

class Pipe {
  readonly #waiting: Uint8Array[] = []
  #ended = false
  #broken: Error | undefined
  #wake: () => void = () => {}

  push(message: Uint8Array): void {
    this.#waiting.push(message)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  break(reason: Error): void {
    this.#broken ??= reason
    this.#wake()
  }

  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken
  }

  async *read(): AsyncGenerator<Uint8Array> {
    while (true) {
      this.throwIfBroken()
      const message = this.#waiting.shift()
      if (message !== undefined) yield message
      else if (this.#ended) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** @param leftId the peer id of the left end's holder, as the right end sees it */
export const channelPair = (leftId: string, rightId: string): ChannelPair => {
  const [toLeft, toRight] = [new Pipe(), new Pipe()]
  const sentByLeft: Sent = { messages: 0, bytes: 0 }
  const sentByRight: Sent = { messages: 0, bytes: 0 }
  let turns = 0
  let last: Pipe | undefined
  const end = (peer: string, from: Pipe, to: Pipe, sent: Sent): Channel => ({
    peer,
    source: from.read(),
    async sink(messages) {
      for await (const message of messages) {
        to.throwIfBroken()
        sent.messages++
        sent.bytes += message.length
        if (last !== to) turns++
        last = to
        to.push(message)
      }
      to.end()
    },
    abort(reason) {
      from.break(reason)
      to.break(new TallymeshError('ERR_PROTOCOL', 'the peer broke the stream', { cause: reason }))
    },
  })
  return {
    left: end(rightId, toLeft, toRight, sentByLeft),
    right: end(leftId, toRight, toLeft, sentByRight),
    sentByLeft,
    sentByRight,
    turns: () => turns,
  }
}
