// The tabs of which this one has heard, and how dialling them went.

/** More are forgotten, those first that were not heard of for longest. */
const MAX_TABS = 256
/** Hidden tabs have their timers slowed to one a minute, and are there all the same. */
const FORGET_MS = 180_000

interface Known {
  addresses: readonly string[]
  heardAt: number
  failures: number
  dueAt: number
}

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
    this.#tabs.delete(tab)
    const fresh = { failures: 0, dueAt: 0 }
    this.#tabs.set(tab, { ...(known ?? fresh), addresses, heardAt: this.#now() })
    if (this.#tabs.size > MAX_TABS) this.#tabs.delete(this.#tabs.keys().next().value!)
    return known === undefined
  }

  /** All that were heard of lately, or that `isLinked` vouches for. */
  tabs(isLinked: (tab: string) => boolean): string[] {
    for (const [tab, { heardAt }] of this.#tabs)
      if (this.#now() - heardAt > FORGET_MS && !isLinked(tab)) this.#tabs.delete(tab)
    return [...this.#tabs.keys()]
  }

  addresses(tab: string): readonly string[] {
    return this.#tabs.get(tab)?.addresses ?? []
  }

  /** Whether it may be dialled now. */
  isDue(tab: string): boolean {
    return (this.#tabs.get(tab)?.dueAt ?? 0) <= this.#now()
  }

  succeeded(tab: string): void {
    const known = this.#tabs.get(tab)
    if (known !== undefined) Object.assign(known, { failures: 0, dueAt: 0 })
  }

  /** @param waitMs how long to wait after so many failures in a row */
  failed(tab: string, waitMs: (failures: number) => number): void {
    const known = this.#tabs.get(tab)
    if (known === undefined) return
    known.failures++
    known.dueAt = this.#now() + waitMs(known.failures)
  }

  forgetFailures(): void {
    for (const known of this.#tabs.values()) Object.assign(known, { failures: 0, dueAt: 0 })
  }
}
