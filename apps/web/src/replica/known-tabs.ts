// The tabs of which this one has heard, and how dialling them went.

/** More are forgotten, those first that were not heard of for longest. */
const MAX_TABS = 256
/** Hidden tabs have their timers slowed to one a minute, and are there all the same. */
const FORGET_MS = 180_000
/** Who was silent for so long, and speaks again, was away: what failed before may work now. */
const AWAY_MS = 45_000
/** Failed dials in a row, after which each next one needs a sign of life since the last. */
const FAILURES = 2

interface Known {
  addresses: readonly string[]
  heardAt: number
  failures: number
  failedAt: number
  dueAt: number
}

const FRESH = { failures: 0, failedAt: -Infinity, dueAt: 0 }

export class KnownTabs {
  /** In the order in which they were last heard of. */
  readonly #tabs = new Map<string, Known>()
  readonly #now: () => number

  /** @param now milliseconds on a clock that never goes back */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Takes in an announcement. True where the tab was not known before. */
  put(tab: string, addresses: readonly string[]): boolean {
    const known = this.#tabs.get(tab)
    const heardAt = this.#now()
    const past = known === undefined || heardAt - known.heardAt > AWAY_MS ? FRESH : known
    this.#tabs.delete(tab)
    this.#tabs.set(tab, { ...past, addresses, heardAt })
    if (this.#tabs.size > MAX_TABS) this.#tabs.delete(this.#tabs.keys().next().value!)
    return known === undefined
  }

  /** All that were heard of lately, or that `isLinked` vouches for. */
  tabs(isLinked: (tab: string) => boolean): string[] {
    for (const [tab, { heardAt }] of this.#tabs)
      if (this.#now() - heardAt > FORGET_MS && !isLinked(tab)) this.#tabs.delete(tab)
    return [...this.#tabs.keys()]
  }

  forget(tab: string): void {
    this.#tabs.delete(tab)
  }

  addresses(tab: string): readonly string[] {
    return this.#tabs.get(tab)?.addresses ?? []
  }

  /** Whether it may be dialled now. */
  isDue(tab: string): boolean {
    const known = this.#tabs.get(tab)
    if (known === undefined || known.dueAt > this.#now()) return false
    return known.failures <= FAILURES || known.heardAt > known.failedAt
  }

  succeeded(tab: string): void {
    const known = this.#tabs.get(tab)
    if (known !== undefined) Object.assign(known, FRESH)
  }

  /** @param waitMs how long to wait after so many failures in a row */
  failed(tab: string, waitMs: (failures: number) => number): void {
    const known = this.#tabs.get(tab)
    if (known === undefined) return
    known.failures++
    known.failedAt = this.#now()
    known.dueAt = this.#now() + waitMs(known.failures)
  }

  forgetFailures(): void {
    for (const known of this.#tabs.values()) Object.assign(known, FRESH)
  }
}
