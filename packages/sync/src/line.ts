// A line between a replica and a member: whole messages both ways for as long as both live.
import { TallymeshError } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { decodeMemberMessage, encodeMemberMessage, type MemberMessage } from './member-messages.ts'
import type { Channel } from './network.ts'
import { Queue } from './queue.ts'

/** Between two pings of the side that opened it: half of what a silent stream is given. */
const PING_MS = 5000
/** A side that nothing is heard of for so long is gone. */
const SILENCE_MS = 12_000
/** Messages that may wait for a peer: one that takes none is gone. */
const MAX_WAITING = 1024

/** What is said on a line, less the pings and pongs. */
export type Said = Exclude<MemberMessage, { type: 'ping' | 'pong' }>

export interface LineOptions {
  readonly channel: Channel
  readonly clock: Clock
  /** Whether this side opened it, and pings. */
  readonly pings: boolean
  /** Throws where the peer breaks the protocol. */
  readonly heard: (message: Said) => void
}

/** Keeps one open, and says when the other side is gone. */
export class Line {
  readonly #options: LineOptions
  readonly #waiting = new Queue<MemberMessage>()
  #wake: () => void = () => {}
  #closed: Error | undefined
  #heardAt: number
  #cancel: () => void = () => {}
  #ponged: (() => void)[] = []

  constructor(options: LineOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
  }

  get peer(): string {
    return this.#options.channel.peer
  }

  get isOpen(): boolean {
    return this.#closed === undefined
  }

  say(message: MemberMessage): void {
    if (this.#closed !== undefined) return
    if (this.#waiting.length >= MAX_WAITING)
      return this.close(new TallymeshError('ERR_TIMEOUT', `${this.peer} takes no messages`))
    this.#waiting.push(message)
    this.#wake()
  }

  /** Runs it to its end, which it resolves with: a line has no other end than a break. */
  async run(): Promise<Error> {
    const { channel } = this.#options
    this.#watch()
    const ended = await Promise.all([this.#send(channel), this.#receive(channel)]).then(
      () => new TallymeshError('ERR_PROTOCOL', 'the peer has ended the line'),
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    this.close(ended)
    return this.#closed!
  }

  close(reason: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    this.#cancel()
    this.#wake()
    for (const ponged of this.#ponged.splice(0)) ponged()
    this.#options.channel.abort(reason)
  }

  /** Whether anything is heard of the other side within a time. */
  async isAlive(withinMs: number): Promise<boolean> {
    if (this.#closed !== undefined) return false
    const { clock } = this.#options
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const cancel = clock.after(withinMs, () => resolve(false))
    this.#ponged.push(() => resolve(this.isOpen))
    this.say({ type: 'ping' })
    const isAlive = await promise
    cancel()
    return isAlive
  }

  async #send(channel: Channel): Promise<void> {
    await channel.sink(this.#messages())
  }

  async *#messages(): AsyncGenerator<Uint8Array> {
    while (this.#closed === undefined) {
      const message = this.#waiting.shift()
      if (message !== undefined) yield encodeMemberMessage(message)
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }

  async #receive(channel: Channel): Promise<void> {
    for await (const bytes of channel.source) {
      this.#heardAt = this.#options.clock.now()
      this.#take(decodeMemberMessage(bytes))
    }
    // The other side said all that it has to say: the line is over.
    this.close(new TallymeshError('ERR_PROTOCOL', 'the peer has ended the line'))
  }

  #take(message: MemberMessage): void {
    for (const ponged of this.#ponged.splice(0)) ponged()
    if (message.type === 'ping') this.say({ type: 'pong' })
    else if (message.type !== 'pong') this.#options.heard(message)
  }

  #watch(): void {
    const { clock, pings } = this.#options
    this.#cancel = clock.after(PING_MS, () => {
      if (clock.now() - this.#heardAt >= SILENCE_MS)
        return this.close(new TallymeshError('ERR_TIMEOUT', `nothing is heard of ${this.peer}`))
      if (pings) this.say({ type: 'ping' })
      this.#watch()
    })
  }
}
