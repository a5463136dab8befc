// Whose turn it is at a member: a read that was turned down too often goes before all else of its counter.
import type { Clock } from './clock.ts'
import type { Proposal } from './proposal.ts'

/** A read that does not insist again for so long has been given up, or its proposer is gone. */
const TURN_MS = 1000
/** Counters that may be insisted on at one time, and proposals that may wait. */
const MAX_KEYS = 4096
const MAX_WAITING = 65_536

interface Waiting {
  readonly peer: string
  readonly insists: boolean
  readonly run: () => void
}

/** What is going on with one counter. */
interface Turn {
  /** Who insists on reading it, and what ends the timer of each. */
  readonly insisting: Map<string, () => void>
  readonly waiting: Waiting[]
}

/**
 * While members insist on reading a counter, nothing else of it is voted on here: so what is accepted
 * moves no more than the one proposer moves it, and its read ends (docs/consistency.md has the bound).
 * Of several, the one with the smallest peer id goes first, at every member: no two wait for each other.
 */
export class Turns {
  readonly #clock: Clock
  readonly #turns = new Map<string, Turn>()
  #waiting = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Proposals came, and wait perhaps for the disk: those that begin or end a turn do so now. */
  heard(peer: string, proposals: readonly Proposal[]): void {
    for (const { mode, key } of proposals)
      if (mode === 'insist') this.#insist(key, peer)
      else if (mode === 'yield') this.#end(key, peer)
  }

  /** Votes, at once or when it is this proposal's turn. */
  take(peer: string, { mode, key }: Proposal, run: () => void): void {
    const turn = this.#turns.get(key)
    const insists = mode === 'insist' && turn?.insisting.has(peer) === true
    const isFree = turn === undefined || mode === 'yield' || (insists && firstOf(turn) === peer)
    if (isFree || this.#waiting >= MAX_WAITING) return run()
    this.#waiting++
    turn.waiting.push({ peer, insists, run })
  }

  stop(): void {
    for (const { insisting } of this.#turns.values())
      for (const cancel of insisting.values()) cancel()
    this.#turns.clear()
  }

  #insist(key: string, peer: string): void {
    const turn = this.#turns.get(key) ?? { insisting: new Map<string, () => void>(), waiting: [] }
    if (!this.#turns.has(key) && this.#turns.size >= MAX_KEYS) return
    this.#turns.set(key, turn)
    turn.insisting.get(peer)?.()
    turn.insisting.set(
      peer,
      this.#clock.after(TURN_MS, () => this.#end(key, peer)),
    )
  }

  #end(key: string, peer: string): void {
    const turn = this.#turns.get(key)
    const cancel = turn?.insisting.get(peer)
    if (turn === undefined || cancel === undefined) return
    cancel()
    turn.insisting.delete(peer)
    const next = firstOf(turn)
    if (next === undefined) this.#turns.delete(key)
    const isNext = ({ peer: of, insists }: Waiting): boolean =>
      next === undefined || (insists && of === next)
    const ready = turn.waiting.filter(isNext)
    const left = turn.waiting.filter((one) => !isNext(one))
    turn.waiting.splice(0, Infinity, ...left)
    this.#waiting -= ready.length
    for (const { run } of ready) run()
  }
}

const firstOf = ({ insisting }: Turn): string | undefined => [...insisting.keys()].sort()[0]
