// The counters as the page shows them: one signal for each, so that a change repaints one card.
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { compareKeys } from '@tallymesh/core'

/** A counter as it stands. */
export interface ShownCounter {
  readonly key: string
  readonly value: bigint
  readonly ops: number
}

export class CounterTable {
  readonly #counters = new Map<string, Signal<ShownCounter>>()
  readonly #keys = signal<readonly string[]>([])

  /** All keys, in order. */
  get keys(): ReadonlySignal<readonly string[]> {
    return this.#keys
  }

  has(key: string): boolean {
    return this.#counters.has(key)
  }

  get(key: string): ReadonlySignal<ShownCounter> | undefined {
    return this.#counters.get(key)
  }

  /** Takes in how counters stand now, new ones among them. */
  put(counters: Iterable<ShownCounter>): void {
    batch(() => {
      const added: string[] = []
      for (const counter of counters) {
        const known = this.#counters.get(counter.key)
        if (known !== undefined) known.value = counter
        else {
          this.#counters.set(counter.key, signal(counter))
          added.push(counter.key)
        }
      }
      // A sort of two sorted runs is one merge, and new keys are rare next to changed values.
      if (added.length > 0) this.#keys.value = [...this.#keys.value, ...added].toSorted(compareKeys)
    })
  }
}
