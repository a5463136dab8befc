// Leases by Web Locks: the browser itself lets go of them when a tab is gone, however it went.
import { holdLock } from '@tallymesh/storage/browser'
import type { Lease, Leases } from './leases.ts'

/** Nobody takes a lock from who holds it. */
const NEVER = new AbortController().signal

/** A tab that reloads meets its own lock, which the page before lets go of within some 25 ms. */
const OWN_LOCK_MS = 1_000

export class LockedLeases implements Leases {
  readonly lapseMs = 0
  readonly #namespace: string

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  async takeFirst(numbers: readonly number[]): Promise<Lease | undefined> {
    for (const number of numbers) {
      const lease = await this.#take(number, { ifAvailable: true })
      if (lease !== undefined) return lease
    }
    return undefined
  }

  takeAgain(number: number): Promise<Lease | undefined> {
    return this.#take(number, { signal: AbortSignal.timeout(OWN_LOCK_MS) })
  }

  hold(number: number): Promise<Lease | undefined> {
    return this.#take(number, { ifAvailable: true })
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(`tallymesh pool of ${this.#namespace}`, work)
  }

  /** The locks are held by the tab, and this has nothing else. */
  close(): void {}

  async #take(number: number, options: LockOptions): Promise<Lease | undefined> {
    const name = `tallymesh identity ${number} of ${this.#namespace}`
    const release = await holdLock(name, options)
    return release && { number, lost: NEVER, release }
  }
}
