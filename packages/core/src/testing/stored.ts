// What a store does with changes: the last record under each name stays, and comes back in any order.
import { DistributedKeyCounter } from '../counter.ts'
import type { Change } from '../slot.ts'

const ORDER = ['slot', 'request', 'version', 'dropped-request']

/** Records by the same names as in packages/storage. */
export class Stored {
  readonly #records = new Map<string, Change>()

  commit(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === 'dropped-request') this.#records.delete(idOf(change))
      else this.#records.set(idOf(change), change)
    }
  }

  /** @param last whether what was written last comes first, where order is free */
  restore(replica: string, last = false): DistributedKeyCounter {
    const counter = new DistributedKeyCounter({ replica })
    const records = [...this.#records.values()]
    if (last) records.reverse()
    records.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
    for (const change of records) counter.restore(change)
    return counter
  }
}

const idOf = (change: Change): string => {
  const { kind, replica } = change
  if (kind === 'slot') return `slot ${replica} ${change.slot.first}`
  if (kind === 'version') return `version ${replica}`
  return `request ${replica} ${kind === 'request' ? change.record.seq : change.seq}`
}
