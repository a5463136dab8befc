// What a peer has left of one thing: a token bucket that may be overdrawn.
import type { Allowance } from './allowances.ts'

export class Purse {
  readonly #allowance: Allowance
  #left: number
  #at: number

  /** @param now milliseconds on a monotonic clock, here and below */
  constructor(allowance: Allowance, now: number) {
    this.#allowance = allowance
    this.#left = allowance.burst
    this.#at = now
  }

  /** Takes so much, also where there is less. */
  take(amount: number, now: number): void {
    this.#fill(now)
    this.#left -= amount
  }

  /** Takes so much where there is as much. */
  mayTake(amount: number, now: number): boolean {
    this.#fill(now)
    if (this.#left < amount) return false
    this.#left -= amount
    return true
  }

  /** How long it takes until nothing is owed any more. */
  get owedMs(): number {
    return this.#left >= 0 ? 0 : (-this.#left / this.#allowance.perSecond) * 1000
  }

  get owesTooMuch(): boolean {
    return this.#left < -this.#allowance.debt
  }

  /** Forgives what is owed beyond what may be. */
  forgive(): void {
    this.#left = Math.max(this.#left, -this.#allowance.debt)
  }

  isFull(now: number): boolean {
    this.#fill(now)
    return this.#left >= this.#allowance.burst
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.#allowance
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
  }
}
