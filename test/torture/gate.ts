// Lets clients pass, or holds all of them up so that nothing is under way.

export class Gate {
  #open = Promise.withResolvers<void>()
  #idle = Promise.withResolvers<void>()
  #inside = 0
  #isOpen = true

  /** Does one piece of work, once the gate is open. */
  async pass(work: () => Promise<void>): Promise<void> {
    while (!this.#isOpen) await this.#open.promise
    this.#inside++
    try {
      await work()
    } finally {
      this.#inside--
      if (this.#inside === 0) this.#idle.resolve()
    }
  }

  /** Resolves once all that is under way is done, or the gate is open again. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#open = Promise.withResolvers()
    this.#idle = Promise.withResolvers()
    if (this.#inside > 0) await this.#idle.promise
  }

  open(): void {
    this.#isOpen = true
    this.#open.resolve()
    this.#idle.resolve()
  }
}
