// What a store does with changes: the last record under each name stays, and comes back in any order.
import { DistributedKeyCounter } from '../counter.ts'
import type { Change } from '../slot.ts'

const ORDER = ['slot', 'request', 'floor', 'version']

/** Records by the same names as in packages/storage. */
export class Stored {
  readonly #records = new Map<string, Change>()

  commit(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind.startsWith('dropped')) this.#records.delete(idOf(change))
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
  switch (change.kind) {
    case 'slot':
      return `slot ${change.replica} ${change.slot.first}`
    case 'dropped-slot':
      return `slot ${change.replica} ${change.first}`
    case 'request':
      return `request ${change.replica} ${change.record.seq}`
    case 'dropped-request':
      return `request ${change.replica} ${change.seq}`
    case 'floor':
      return `floor ${change.replica}`
    case 'version':
    case 'dropped-replica':
      return `version ${change.replica}`
  }
}
