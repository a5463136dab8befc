// Whom to compare with next: each peer before any a second time.
import type { Random } from './clock.ts'

/**
 * Chance alone leaves a peer out for long now and then; a turn for each bounds it by the number of peers
 * (Das, Gupta, Motivala, "SWIM", DSN 2002, section 4.3). Among those whose turn it is, chance decides.
 */
export class Rota {
  readonly #random: Random
  /** The number of each peer's last turn. */
  readonly #turns = new Map<string, number>()
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Who of these waits longest; undefined where there is none. It has had its turn then. */
  next(peers: readonly string[]): string | undefined {
    const longest = Math.min(...peers.map((peer) => this.#lastTurn(peer)))
    const waiting = peers.filter((peer) => this.#lastTurn(peer) === longest)
    const peer = waiting[Math.floor(this.#random() * waiting.length)]
    if (peer !== undefined) this.#turns.set(peer, ++this.#count)
    return peer
  }

  forget(peer: string): void {
    this.#turns.delete(peer)
  }

  #lastTurn(peer: string): number {
    return this.#turns.get(peer) ?? 0
  }
}
