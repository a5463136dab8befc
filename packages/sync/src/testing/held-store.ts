// A store whose commits a test lets through, one by one, or refuses.
import { MemoryStore, type StoreBatch } from '@tallymesh/storage'

export class HeldStore extends MemoryStore {
  /** Commits that were asked for. */
  commits = 0
  /** Commits that wait. */
  readonly #waiting: PromiseWithResolvers<void>[] = []
  isHeld = false
  /** Refuses every commit. */
  isFull = false

  override async commit(batch: StoreBatch): Promise<void> {
    this.commits++
    if (this.isHeld) {
      const waiting = Promise.withResolvers<void>()
      this.#waiting.push(waiting)
      await waiting.promise
    }
    if (this.isFull) throw new Error('no room')
    await super.commit(batch)
  }

  /** Lets the commit that waits go through. */
  letThrough(): void {
    this.#waiting.shift()!.resolve()
  }

  refuse(reason: Error = new Error('no room')): void {
    this.#waiting.shift()!.reject(reason)
  }
}
