// How many may do at one time what costs much.
import { HttpError } from './problems.ts'

export class Turns {
  readonly #what: string
  readonly #most: number
  #taken = 0

  /** @param what in the plural, for the refusal */
  constructor(what: string, most: number) {
    this.#what = what
    this.#most = most
  }

  /**
   * Takes a turn; call what it gives when it is over.
   *
   * @throws {HttpError} 429 where all are taken
   */
  take(): () => void {
    if (this.#taken >= this.#most)
      throw new HttpError(
        429,
        'ERR_BUSY',
        `${this.#most} ${this.#what} are under way already, and more would cost the peer too much; ask again when one is done`,
        { headers: { 'retry-after': '1' } },
      )
    this.#taken++
    let over = false
    return () => {
      if (!over) this.#taken--
      over = true
    }
  }
}
