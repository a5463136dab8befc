// A stream between two nodes: two pipes, and an end at each.
import type { Channel } from '@tallymesh/sync'
import type { Timeline } from '../timeline.ts'
import { closedError } from './errors.ts'
import type { Lane } from './lane.ts'
import { Pipe, pour } from './pipe.ts'

export interface StreamSide {
  /** The peer id at this side. */
  readonly peer: string
  /** The lane away from this side. */
  readonly lane: Lane
  /** This side sends a message now. */
  readonly sending: (message: Uint8Array) => void
}

type Index = 0 | 1

/** Side 0 opened it. */
export class Stream {
  readonly #timeline: Timeline
  readonly #sides: readonly [StreamSide, StreamSide]
  readonly #pipes: readonly [Pipe, Pipe]
  readonly #failed: readonly [PromiseWithResolvers<never>, PromiseWithResolvers<never>]
  readonly #failures: [Error?, Error?] = []
  readonly #open = [2, 2]
  readonly #closed: (isBroken: boolean) => void

  /** @param closed both sides are done with it */
  constructor(
    timeline: Timeline,
    opener: StreamSide,
    acceptor: StreamSide,
    closed: (isBroken: boolean) => void,
  ) {
    this.#timeline = timeline
    this.#sides = [opener, acceptor]
    this.#closed = closed
    this.#pipes = [this.#pipe(opener.lane), this.#pipe(acceptor.lane)]
    this.#failed = [Promise.withResolvers(), Promise.withResolvers()]
    for (const { promise } of this.#failed) promise.catch(() => undefined)
  }

  get isClosed(): boolean {
    return this.#open[0] === 0 && this.#open[1] === 0
  }

  channel(side: Index): Channel {
    const there = side === 0 ? 1 : 0
    return {
      peer: this.#sides[there].peer,
      source: this.#source(side, this.#pipes[there]),
      sink: (messages) => this.#sink(side, messages),
      abort: (reason) => this.#abort(side, reason),
    }
  }

  unblock(): void {
    for (const pipe of this.#pipes) pipe.unblock()
  }

  /** This side's end breaks. The other may not know. */
  fail(side: Index, reason: Error): void {
    if (this.#failures[side] !== undefined) return
    this.#failures[side] = reason
    this.#pipes[side].failWriter(reason)
    this.#pipes[side === 0 ? 1 : 0].failReader(reason)
    this.#failed[side].reject(reason)
    this.#release(side, 2)
  }

  #pipe(lane: Lane): Pipe {
    return new Pipe(this.#timeline, lane, lane.cutAfter(), () => this.#break())
  }

  /** It breaks in the middle: each side hears of it in its time. */
  #break(): void {
    for (const side of [0, 1] as const)
      this.#timeline.after(this.#sides[side].lane.conditions.latencyMs, () =>
        this.fail(side, closedError()),
      )
  }

  #abort(side: Index, reason: Error): void {
    this.fail(side, reason)
    const there = side === 0 ? 1 : 0
    const { conditions } = this.#sides[side].lane
    // What cannot get through is told by the connection, when that goes.
    if (!conditions.isBlocked)
      this.#timeline.after(conditions.latencyMs, () => this.fail(there, closedError()))
  }

  async *#source(side: Index, pipe: Pipe): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* pipe.read()
    } finally {
      this.#release(side, 1)
    }
  }

  async #sink(side: Index, messages: AsyncIterable<Uint8Array>): Promise<void> {
    const { sending } = this.#sides[side]
    try {
      await pour(messages, this.#pipes[side], this.#failed[side].promise, sending)
    } catch (error) {
      this.#abort(side, error as Error)
      throw error
    } finally {
      this.#release(side, 1)
    }
  }

  #release(side: Index, halves: number): void {
    const wasClosed = this.isClosed
    this.#open[side] = Math.max(0, this.#open[side]! - halves)
    if (!wasClosed && this.isClosed) this.#closed(this.#failures.length > 0)
  }
}
