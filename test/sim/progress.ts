// A bar on a terminal, and nothing elsewhere.

const WIDTH = 30
const EVERY_MS = 100

export class Progress {
  readonly #total: number
  readonly #startedAt = performance.now()
  #shownAt = 0

  constructor(total: number) {
    this.#total = total
  }

  show(done: number, note: string): void {
    const now = performance.now()
    if (!process.stderr.isTTY || (now - this.#shownAt < EVERY_MS && done < this.#total)) return
    this.#shownAt = now
    const filled = Math.round((WIDTH * done) / this.#total)
    const left = ((now - this.#startedAt) / Math.max(1, done)) * (this.#total - done)
    process.stderr.write(
      `\r${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done} of ${this.#total}` +
        `, ${Math.ceil(left / 1000)} s left${note}\u001b[K`,
    )
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  }
}
