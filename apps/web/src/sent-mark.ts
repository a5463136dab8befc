// How many of this tab's increments no peer is known to hold. Never too low: what can't be known to
// have arrived counts as not sent.
import type { PeerStatus } from '@tallymesh/sync'

/** What the mark needs of a status. */
export interface SentFacts {
  readonly replica: string
  /** This replica's own operation number. */
  readonly seq: number
  readonly peers: readonly Pick<PeerStatus, 'peer' | 'lag' | 'lastExchangeMs'>[]
}

export class SentMark {
  #sent: number
  readonly #keep: (sent: number) => void
  /** For each peer, its last exchange and the operation number by then. */
  readonly #exchanges = new Map<string, { at: number; seq: number }>()

  /** `sent` is the operation number that was known to have arrived when the tab was last open. */
  constructor(sent: number, keep: (sent: number) => void) {
    this.#sent = sent
    this.#keep = keep
  }

  /** Takes in what exchanges have shown, and returns the number of increments not yet sent. */
  observe(facts: Omit<SentFacts, 'replica'>): number {
    for (const { peer, lag, lastExchangeMs } of facts.peers) {
      if (lastExchangeMs === null) continue
      const before = this.#exchanges.get(peer)
      if (before?.at === lastExchangeMs) continue
      this.#exchanges.set(peer, { at: lastExchangeMs, seq: facts.seq })
      // An exchange with nothing left to hand over covers what was written before it began, and it
      // began after the one before it had ended.
      if (lag === 0 && before !== undefined) this.#raise(before.seq)
    }
    return Math.max(0, facts.seq - this.#sent)
  }

  #raise(seq: number): void {
    if (seq <= this.#sent) return
    this.#sent = seq
    this.#keep(seq)
  }
}

/** The mark of a replica, remembered beside its store: good to have, and no harm to lose. */
export function openSentMark({ replica, seq }: Pick<SentFacts, 'replica' | 'seq'>): SentMark {
  const name = `tallymesh/sent/${replica}`
  const kept = Number(localStorage.getItem(name) ?? 0)
  // A store that holds less than was once sent is not the store that this was noted of.
  return new SentMark(kept <= seq ? kept : 0, (sent) => {
    try {
      localStorage.setItem(name, String(sent))
    } catch {
      // Full: after a reload more counts as unsent than is.
    }
  })
}
