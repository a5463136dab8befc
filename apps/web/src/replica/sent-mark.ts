// How many of this tab's increments no peer is known to hold. Never too low: what can't be known to
// have arrived counts as not sent.
import type { PeerStatus } from '@tallymesh/sync'

/** What the mark needs of a status. */
export interface SentFacts {
  /** This replica's own operation number. */
  readonly seq: number
  readonly peers: readonly Pick<PeerStatus, 'peer' | 'holds' | 'lastExchangeMs'>[]
}

export class SentMark {
  #sent: number
  readonly #keep: (sent: number) => void
  /** What was told before the replica went on under another id, and counts no more: by peer, when. */
  #stale = new Map<string, number | null>()

  /** `sent` is the operation number that was known to have arrived when the tab was last open. */
  constructor(sent: number, keep: (sent: number) => void) {
    this.#sent = sent
    this.#keep = keep
  }

  /** Takes in what exchanges have shown, and returns the number of increments not yet sent. */
  observe({ seq, peers }: SentFacts): number {
    for (const { peer, holds, lastExchangeMs } of peers)
      if (holds !== null && this.#stale.get(peer) !== lastExchangeMs) this.#raise(holds)
    return Math.max(0, seq - this.#sent)
  }

  /** The replica goes on under another id, and counts its operations anew. */
  restart(peers: SentFacts['peers']): void {
    this.#sent = 0
    this.#stale = new Map(peers.map(({ peer, lastExchangeMs }) => [peer, lastExchangeMs]))
  }

  #raise(seq: number): void {
    if (seq <= this.#sent) return
    this.#sent = seq
    this.#keep(seq)
  }
}
