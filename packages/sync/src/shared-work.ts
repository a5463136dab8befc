// Work that many callers want at once: done once for all who came before it began.

import { unlessAborted } from './pause.ts'

interface Shared<T> {
  promise: Promise<T>
  /** Callers that still wait. */
  waiting: number
  isOver: boolean
  readonly given: AbortController
}

/**
 * A caller never takes part in work that had begun before it came: what it asks for is to be as fresh as
 * its call. So one piece of a name is under way, and all who come meanwhile share the next.
 */
export class SharedWork<T> {
  readonly #running = new Map<string, Shared<T>>()
  readonly #next = new Map<string, Shared<T>>()

  /**
   * @param work is given a signal that is aborted once every caller has gone
   * @throws the caller's own signal's reason; what the work throws
   */
  async do(
    name: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const shared = this.#next.get(name) ?? this.#begin(name, work)
    shared.waiting++
    try {
      return await unlessAborted(signal, shared.promise)
    } finally {
      if (--shared.waiting === 0) this.#giveUp(name, shared)
    }
  }

  #begin(name: string, work: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const given = new AbortController()
    const before = this.#running.get(name)
    const run = async (): Promise<T> => {
      if (before !== undefined) await before.promise.catch(() => undefined)
      if (this.#next.get(name) === shared) this.#next.delete(name)
      // All who wanted it have gone, and another may be next.
      given.signal.throwIfAborted()
      this.#running.set(name, shared)
      try {
        return await work(given.signal)
      } finally {
        shared.isOver = true
        if (this.#running.get(name) === shared) this.#running.delete(name)
      }
    }
    const shared = { waiting: 0, isOver: false, given } as Shared<T>
    if (before !== undefined) this.#next.set(name, shared)
    shared.promise = run()
    // Callers that have gone do not hear of it.
    shared.promise.catch(() => undefined)
    return shared
  }

  #giveUp(name: string, shared: Shared<T>): void {
    if (this.#next.get(name) === shared) this.#next.delete(name)
    if (!shared.isOver) shared.given.abort(new Error('nobody waits for it any more'))
  }
}
