// An import on its way to a peer.
import type { ImportResult } from './replies.ts'
import type { Pulse, Transfer } from './transfer.ts'

/**
 * An export's bytes. A function is called for each attempt, so that another peer can be tried; what is
 * no function is read once, and then there is no second attempt.
 */
export type ImportSource = AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>)

/** How long a peer may take to join what it was sent: as long as it may take to send it. */
const ANSWER_MS = 1_800_000

export class Upload implements Transfer<ImportResult> {
  readonly #source: ImportSource
  #taken = false
  /** What the source threw. */
  thrown: { readonly error: unknown } | undefined

  constructor(source: ImportSource) {
    this.#source = source
  }

  readonly isSpent = (): boolean =>
    this.thrown !== undefined || (this.#taken && typeof this.#source !== 'function')

  readonly upload = (pulse: Pulse): ReadableStream<Uint8Array> => {
    let pieces: AsyncIterator<Uint8Array> | undefined
    return new ReadableStream<Uint8Array>(
      {
        pull: async (stream) => {
          pulse.hold()
          pieces ??= this.#open()
          const { value, done } = await this.#next(pieces)
          if (done) stream.close()
          else stream.enqueue(value)
          pulse.beat(done ? ANSWER_MS : undefined)
        },
        cancel: async () => void (await pieces?.return?.()),
      },
      // Nothing is taken that is not asked for.
      { highWaterMark: 0 },
    )
  }

  #open(): AsyncIterator<Uint8Array> {
    this.#taken = true
    const source = typeof this.#source === 'function' ? this.#source() : this.#source
    return source[Symbol.asyncIterator]()
  }

  async #next(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await pieces.next()
    } catch (error) {
      this.thrown = { error }
      throw error
    }
  }
}
