// Loro: one map of numbers by key, exchanged by version vectors and updates.
import { LoroDoc } from 'loro-crdt'
import type { PeerExchange } from './exchanged.ts'

/** Of numbers that are overwritten, not counted: the least that it can send for a changed key. */
export class LoroPair {
  readonly #left = new LoroDoc()
  readonly #right = new LoroDoc()
  readonly #keys: readonly string[]
  readonly #random: (below: number) => number

  constructor(keys: readonly string[], random: (below: number) => number) {
    this.#keys = keys
    this.#random = random
    const map = this.#left.getMap('counts')
    for (const key of keys) map.set(key, random(1000))
    this.#left.commit()
    this.#right.import(this.#left.export({ mode: 'snapshot' }))
    this.exchange(1)
  }

  /** Changes `count` keys on each side, and exchanges. */
  exchange(count: number): PeerExchange {
    for (const doc of [this.#left, this.#right]) this.#change(doc, count)
    const startedAt = performance.now()
    const [leftVersion, rightVersion] = [this.#left.oplogVersion(), this.#right.oplogVersion()]
    const answered = this.#right.export({ mode: 'update', from: leftVersion })
    const pushed = this.#left.export({ mode: 'update', from: rightVersion })
    this.#left.import(answered)
    this.#right.import(pushed)
    return {
      bytesByLeft: leftVersion.encode().length + pushed.length,
      bytesByRight: rightVersion.encode().length + answered.length,
      roundTrips: 1.5,
      ms: performance.now() - startedAt,
    }
  }

  #change(doc: LoroDoc, count: number): void {
    const keys = new Set<string>()
    while (keys.size < count) keys.add(this.#keys[this.#random(this.#keys.length)]!)
    const map = doc.getMap('counts')
    for (const key of keys) map.set(key, this.#random(1000))
    doc.commit()
  }
}
