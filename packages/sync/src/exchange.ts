// One exchange: two replicas compare what they hold, and each pulls what it lacks (docs/protocol.md).
import {
  TallymeshError,
  type Delta,
  type DistributedKeyCounter,
  type VersionVector,
} from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { Inbox } from './inbox.ts'
import type { Journal } from './journal.ts'
import { decodeMessage, encodeMessage, type Message, type Received } from './messages.ts'
import type { Channel } from './network.ts'
import { missing } from './transfer.ts'
import { Watchdog } from './watchdog.ts'

/** An exchange in which nothing moves for so long is broken off; the next one goes on from there. */
const STEP_LIMIT_MS = 10_000

export interface ExchangeContext {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly clock: Clock
}

/** How an exchange ended. */
export interface Outcome {
  kind: 'same' | 'exchanged' | 'busy'
  /** Slots sent to the peer. */
  sent: number
  /** Slots that the peer sent. */
  received: number
  /** Operations that one side held and the other did not. */
  lag: number
  /** From the question to its answer; null on the answering side. */
  roundTripMs: number | null
}

/**
 * Asks a peer, on a stream opened for it.
 *
 * @throws {TallymeshError} `ERR_MALFORMED`, `ERR_PROTOCOL`, `ERR_TIMEOUT`, or the store's or the
 *   stream's own; the stream is gone then, and all that was joined before stays joined.
 */
export const ask = (context: ExchangeContext, channel: Channel): Promise<Outcome> =>
  new Exchange(context, channel).ask()

/** Answers a peer that opened a stream. Throws as `ask` does. */
export const answer = (context: ExchangeContext, channel: Channel): Promise<Outcome> =>
  new Exchange(context, channel).answer()

/** Answers that there is too much to do now. */
export const refuse = (context: ExchangeContext, channel: Channel): Promise<Outcome> =>
  new Exchange(context, channel).refuse()

class Exchange {
  readonly #context: ExchangeContext
  readonly #channel: Channel
  readonly #watchdog: Watchdog
  readonly #inbox = new Inbox()
  readonly #outcome: Outcome = {
    kind: 'exchanged',
    sent: 0,
    received: 0,
    lag: 0,
    roundTripMs: null,
  }
  /** Replicas of which a part could not be joined: the rest must not move the vector. */
  readonly #broken = new Set<string>()

  constructor(context: ExchangeContext, channel: Channel) {
    this.#context = context
    this.#channel = channel
    this.#watchdog = new Watchdog(context.clock, STEP_LIMIT_MS, () => {
      const message = `nothing moved in an exchange for ${STEP_LIMIT_MS} ms`
      this.#breakOff(new TallymeshError('ERR_TIMEOUT', message))
    })
  }

  ask(): Promise<Outcome> {
    return this.#run(this.#ask())
  }

  answer(): Promise<Outcome> {
    return this.#run(this.#answer())
  }

  refuse(): Promise<Outcome> {
    return this.#run(this.#refuse())
  }

  /** Sends and receives side by side: two that each sent first would wait for each other. */
  async #run(conversation: AsyncGenerator<Message>): Promise<Outcome> {
    try {
      await Promise.all([this.#channel.sink(this.#send(conversation)), this.#receive()])
      return this.#outcome
    } catch (error) {
      this.#breakOff(error)
      throw error
    } finally {
      this.#watchdog.stop()
    }
  }

  #breakOff(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error('the stream broke', { cause })
    this.#inbox.close(error)
    this.#channel.abort(error)
  }

  // What is said, in order

  async *#ask(): AsyncGenerator<Message> {
    const { counter, clock } = this.#context
    const askedAt = clock.now()
    yield { type: 'digest', digest: counter.digest() }
    const reply = await this.#inbox.take('same', 'busy', 'version')
    this.#outcome.roundTripMs = clock.now() - askedAt
    if (reply.type === 'version') {
      yield { type: 'version', version: counter.version }
      yield* this.#slots(reply.version)
    } else this.#outcome.kind = reply.type
  }

  async *#answer(): AsyncGenerator<Message> {
    const { counter } = this.#context
    const { digest } = await this.#inbox.take('digest')
    if (isEqual(digest, counter.digest())) {
      this.#outcome.kind = 'same'
      return yield { type: 'same' }
    }
    yield { type: 'version', version: counter.version }
    yield* this.#slots((await this.#inbox.take('version')).version)
  }

  async *#refuse(): AsyncGenerator<Message> {
    await this.#inbox.take('digest')
    this.#outcome.kind = 'busy'
    yield { type: 'busy' }
  }

  *#slots(theirs: VersionVector): Generator<Message> {
    const { counter } = this.#context
    this.#outcome.lag = lagBetween(counter.version, theirs)
    for (const deltas of missing(counter, theirs)) {
      for (const { units } of deltas) this.#outcome.sent += units.length
      yield { type: 'slots', deltas }
    }
  }

  async *#send(messages: AsyncGenerator<Message>): AsyncGenerator<Uint8Array> {
    for await (const message of messages) {
      this.#watchdog.pat()
      yield encodeMessage(message)
    }
    this.#watchdog.pat()
  }

  // What is heard

  async #receive(): Promise<void> {
    for await (const bytes of this.#channel.source) {
      this.#watchdog.pat()
      await this.#take(decodeMessage(bytes))
    }
    this.#inbox.close(new TallymeshError('ERR_PROTOCOL', 'the peer left in the middle'))
  }

  async #take(message: Received): Promise<void> {
    if (message.type !== 'slots') return this.#inbox.put(message)
    await this.#join(message.deltas.filter(({ replica }) => !this.#broken.has(replica)))
    // The disk's time is not the peer's fault.
    this.#watchdog.pat()
  }

  async #join(deltas: readonly Delta[]): Promise<void> {
    const { gaps } = await this.#context.journal.join(deltas, this.#channel.peer)
    for (const replica of gaps) this.#broken.add(replica)
    for (const { units } of deltas) this.#outcome.received += units.length
  }
}

/** Operations that one holds and the other does not, both ways. */
const lagBetween = (ours: VersionVector, theirs: VersionVector): number => {
  let lag = 0
  for (const [replica, seq] of ours) lag += Math.max(0, seq - (theirs.get(replica) ?? 0))
  for (const [replica, seq] of theirs) lag += Math.max(0, seq - (ours.get(replica) ?? 0))
  return lag
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
