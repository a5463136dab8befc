// Yjs: one map of numbers by key, exchanged by state vectors and updates.
import * as Y from 'yjs'
import type { PeerExchange } from './exchanged.ts'

/** Of numbers that are overwritten, not counted: the least that it can send for a changed key. */
export class YjsPair {
  readonly #left = new Y.Doc()
  readonly #right = new Y.Doc()
  readonly #keys: readonly string[]
  readonly #random: (below: number) => number

  constructor(keys: readonly string[], random: (below: number) => number) {
    this.#keys = keys
    this.#random = random
    this.#left.transact(() => {
      for (const key of keys) this.#left.getMap('counts').set(key, random(1000))
    })
    Y.applyUpdate(this.#right, Y.encodeStateAsUpdate(this.#left))
    this.exchange(1)
  }

  /** Changes `count` keys on each side, and exchanges. */
  exchange(count: number): PeerExchange {
    for (const doc of [this.#left, this.#right]) this.#change(doc, count)
    const startedAt = performance.now()
    const asked = Y.encodeStateVector(this.#left)
    const told = Y.encodeStateVector(this.#right)
    const answered = Y.encodeStateAsUpdate(this.#right, asked)
    const pushed = Y.encodeStateAsUpdate(this.#left, told)
    Y.applyUpdate(this.#left, answered)
    Y.applyUpdate(this.#right, pushed)
    return {
      bytesByLeft: asked.length + pushed.length,
      bytesByRight: told.length + answered.length,
      roundTrips: 1.5,
      ms: performance.now() - startedAt,
    }
  }

  #change(doc: Y.Doc, count: number): void {
    const keys = new Set<string>()
    while (keys.size < count) keys.add(this.#keys[this.#random(this.#keys.length)]!)
    doc.transact(() => {
      for (const key of keys) doc.getMap('counts').set(key, this.#random(1000))
    })
  }
}
