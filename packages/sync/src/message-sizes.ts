// How large messages to a peer may be: smaller where the link is so slow that large ones do not arrive.

/** Large enough to carry its overhead, small enough to wait behind. */
export const MOST_BYTES: number = 48 * 1024
/** At a byte a millisecond, which an exchange must do, that takes a third of the time it is given. */
const LEAST_BYTES = 3 * 1024

/**
 * An exchange in which nothing arrives for ten seconds is broken off, and with it the message that was
 * on its way: over a slow link large ones would be begun for ever. After each such one, the next is
 * of smaller messages; after each that went well, of larger ones.
 */
export class MessageSizes {
  readonly #bytes = new Map<string, number>()

  of(peer: string): number {
    return this.#bytes.get(peer) ?? MOST_BYTES
  }

  tookLong(peer: string): void {
    this.#bytes.set(peer, Math.max(LEAST_BYTES, this.of(peer) / 4))
  }

  wentWell(peer: string): void {
    const bytes = this.of(peer) * 2
    if (bytes < MOST_BYTES) this.#bytes.set(peer, bytes)
    else this.#bytes.delete(peer)
  }

  forget(peer: string): void {
    this.#bytes.delete(peer)
  }
}
