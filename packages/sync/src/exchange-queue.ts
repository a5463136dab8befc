// When to ask whom: never twice at once, few at a time, and more rarely where it is of no use.
import type { Clock } from './clock.ts'

/** Exchanges asked for at one time: two, so that one slow peer does not hold up the rest. */
const MAX_ASKING = 2
/** The least time between two exchanges with one peer: what gaps ask for meanwhile is one. */
const PAUSE_MS = 50
/** The pause doubles up to this, while exchanges fail or are of no use. */
const MAX_PAUSE_MS = 5000

interface Entry {
  wanted: boolean
  running: boolean
  /** The peer has left while it ran. */
  left: boolean
  pauseMs: number
  notBefore: number
}

/** Peers that an exchange is wanted with. */
export class ExchangeQueue {
  readonly #clock: Clock
  readonly #exchange: (peer: string) => Promise<boolean>
  readonly #entries = new Map<string, Entry>()
  #running = 0
  #cancelTimer: () => void = () => {}
  #stopped = false

  /** @param exchange runs one to its end; false where it was of no use. It does not throw. */
  constructor(clock: Clock, exchange: (peer: string) => Promise<boolean>) {
    this.#clock = clock
    this.#exchange = exchange
  }

  /** An exchange with `peer` as soon as may be; one, however often it is wanted till then. */
  want(peer: string): void {
    const entry = this.#entries.get(peer)
    if (entry === undefined) this.#entries.set(peer, newEntry())
    else {
      entry.wanted = true
      entry.left = false
    }
    this.#pump()
  }

  isRunning(peer: string): boolean {
    return this.#entries.get(peer)?.running ?? false
  }

  /** The peer is gone: what was wanted is not any more. */
  forget(peer: string): void {
    const entry = this.#entries.get(peer)
    if (entry?.running) {
      entry.wanted = false
      entry.left = true
    } else this.#entries.delete(peer)
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
  }

  #pump(): void {
    this.#cancelTimer()
    if (this.#stopped) return
    const now = this.#clock.now()
    let next = Infinity
    for (const [peer, entry] of this.#entries) {
      if (!entry.wanted || entry.running) continue
      if (this.#running >= MAX_ASKING) return
      if (entry.notBefore <= now) void this.#run(peer, entry)
      else next = Math.min(next, entry.notBefore)
    }
    if (next < Infinity) this.#cancelTimer = this.#clock.after(next - now, () => this.#pump())
  }

  async #run(peer: string, entry: Entry): Promise<void> {
    entry.wanted = false
    entry.running = true
    this.#running++
    const useful = await this.#exchange(peer)
    this.#running--
    entry.running = false
    entry.pauseMs = useful ? PAUSE_MS : Math.min(entry.pauseMs * 2, MAX_PAUSE_MS)
    entry.notBefore = this.#clock.now() + entry.pauseMs
    if (entry.left) this.#entries.delete(peer)
    this.#pump()
  }
}

const newEntry = (): Entry => ({
  wanted: true,
  running: false,
  left: false,
  pauseMs: PAUSE_MS,
  notBefore: 0,
})
