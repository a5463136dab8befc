// From bytes as they come to lines of text.
import { TallymeshError } from '@tallymesh/core'

const NEWLINE = 0x0a

const malformed = (message: string): TallymeshError => new TallymeshError('ERR_MALFORMED', message)

/** The lines of a text that comes in pieces, wherever these are cut. */
export class Lines {
  readonly #limit: number
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  /** The line that has begun, in pieces. */
  #begun: Uint8Array[] = []
  #bytes = 0

  /** @param limit bytes of a line, at most */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * The lines that end in this piece.
   *
   * @throws {TallymeshError} `ERR_MALFORMED` for a line that is too long, or not UTF-8
   */
  *push(piece: Uint8Array): Generator<string, void, undefined> {
    let from = 0
    for (;;) {
      const to = piece.indexOf(NEWLINE, from)
      this.#add(piece.subarray(from, to < 0 ? undefined : to))
      if (to < 0) return
      yield this.#take()
      from = to + 1
    }
  }

  /** The last line, where no newline ends it. */
  *end(): Generator<string, void, undefined> {
    if (this.#bytes > 0) yield this.#take()
  }

  #add(part: Uint8Array): void {
    this.#bytes += part.length
    if (this.#bytes > this.#limit) throw malformed(`it is longer than ${this.#limit} bytes`)
    if (part.length > 0) this.#begun.push(part)
  }

  #take(): string {
    const line = this.#begun.length === 1 ? this.#begun[0]! : Buffer.concat(this.#begun)
    this.#begun = []
    this.#bytes = 0
    try {
      return this.#utf8.decode(line)
    } catch {
      throw malformed('it is not valid UTF-8')
    }
  }
}
