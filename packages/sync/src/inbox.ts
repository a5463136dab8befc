// Answers that one side of an exchange waits for, as the receiving loop brings them.
import { TallymeshError } from '@tallymesh/core'
import type { Received } from './messages.ts'

/** What is not slots: those are joined as they come, and nobody waits for them. */
export type Answer = Exclude<Received, { type: 'slots' | 'signed' }>

/** Holds one answer that nobody took yet; a second breaks the protocol. */
export class Inbox {
  #waiting: PromiseWithResolvers<Answer> | undefined
  #answer: Answer | undefined
  #closed: Error | undefined
  #hasEnded = false

  put(answer: Answer): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) waiting.resolve(answer)
    else if (this.#answer === undefined) this.#answer = answer
    else throw outOfTurn(answer)
  }

  /** The next answer, which must be one of `types`. */
  async take<T extends Answer['type']>(...types: T[]): Promise<Extract<Answer, { type: T }>> {
    const answer = await this.#next()
    if (!isOneOf(answer, types)) throw outOfTurn(answer)
    return answer
  }

  /** As `take`; but where nothing must come, the end of the stream is undefined. */
  async takeOrEnd<T extends Answer['type']>(
    mustCome: boolean,
    type: T,
  ): Promise<Extract<Answer, { type: T }> | undefined> {
    try {
      return await this.take(type)
    } catch (error) {
      if (!mustCome && this.#hasEnded && error === this.#closed) return undefined
      throw error
    }
  }

  /** The peer has ended its side: nothing will come any more. */
  end(): void {
    this.#hasEnded = this.#closed === undefined
    this.close(new TallymeshError('ERR_PROTOCOL', 'the peer left in the middle'))
  }

  /** All was said: what came besides breaks the protocol. */
  throwIfMore(): void {
    if (this.#answer !== undefined) throw outOfTurn(this.#answer)
  }

  /** The exchange is broken off. */
  close(reason: Error): void {
    this.#closed ??= reason
    this.#waiting?.reject(reason)
  }

  async #next(): Promise<Answer> {
    const answer = this.#answer
    this.#answer = undefined
    if (answer !== undefined) return answer
    if (this.#closed !== undefined) throw this.#closed
    this.#waiting = Promise.withResolvers()
    return this.#waiting.promise
  }
}

const isOneOf = <T extends Answer['type']>(
  answer: Answer,
  types: readonly T[],
): answer is Extract<Answer, { type: T }> => (types as readonly string[]).includes(answer.type)

export const outOfTurn = ({ type }: Received): TallymeshError =>
  new TallymeshError('ERR_PROTOCOL', `a message of type ${type} came out of turn`)
