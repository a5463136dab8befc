// The counters as the page shows them: one signal for each, so that a change repaints one card.
import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals'

/** A counter as it stands. */
export interface ShownCounter {
  readonly key: string
  readonly value: bigint
  readonly ops: number
}

/** The order of keys everywhere else (UTF-8 bytes): code points, where JavaScript compares UTF-16 units. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return unitRank(left) - unitRank(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points past all others, yet lie below U+E000 to U+FFFF. */
function unitRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit
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
