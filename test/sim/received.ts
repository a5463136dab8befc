// Slots on streams: how many each node was sent, and how many exchanges of slots it had at one time.
import type { Checker } from './checker.ts'
import type { Port } from './network/port.ts'
import { deltasIn } from './network/told.ts'

export class Received implements Checker {
  readonly name = 'received'
  readonly #slots = new Map<string, number>()
  readonly #twice = new Map<string, number>()
  readonly #sent = new Set<string>()

  streamed({ node: from }: Port, { node: to }: Port, message: Uint8Array): void {
    for (const { replica, units } of deltasIn(message))
      for (const { first, seq } of units) {
        this.#slots.set(to, (this.#slots.get(to) ?? 0) + 1)
        const name = `${from}>${to} ${replica} ${first} ${seq}`
        if (this.#sent.has(name)) this.#twice.set(to, (this.#twice.get(to) ?? 0) + 1)
        this.#sent.add(name)
      }
  }

  /** Slots that these nodes were sent in all, and those that one peer sent one of them before. */
  of(nodes: readonly string[]): { readonly slots: number; readonly twice: number } {
    const sum = (counts: ReadonlyMap<string, number>): number =>
      nodes.reduce((total, node) => total + (counts.get(node) ?? 0), 0)
    return { slots: sum(this.#slots), twice: sum(this.#twice) }
  }

  reset(): void {
    this.#slots.clear()
    this.#twice.clear()
    this.#sent.clear()
  }
}
