// Counters that are kept elsewhere, and brought to a replica now and then: `merge` as programs use it.
import { DistributedKeyCounter } from '@tallymesh/core'
import type { Asked } from './ledger.ts'
import type { SeededRandom } from './random.ts'

/** What was counted, and under which operation number. */
export interface OutsideWrite {
  readonly asked: Asked
  readonly seq: number
}

export class OutsideCounter {
  readonly replica: string
  readonly #counter: DistributedKeyCounter
  readonly writes: OutsideWrite[] = []
  /** Up to here, a replica has acknowledged that it took it in. */
  acknowledged = 0

  constructor(replica: string) {
    this.replica = replica
    this.#counter = new DistributedKeyCounter({ replica })
  }

  count(asked: Asked): void {
    const { seq, duplicate } = this.#counter.increment(
      asked.key,
      asked.amount,
      asked.requestId === undefined ? {} : { requestId: asked.requestId },
    )
    if (!duplicate) this.writes.push({ asked, seq })
  }

  get seq(): number {
    return this.#counter.seq
  }

  /** As it stands now. */
  copy(random: SeededRandom): DistributedKeyCounter {
    const copy = new DistributedKeyCounter({ replica: `copy-${random.int(0, 9)}` })
    copy.merge(this.#counter)
    return copy
  }
}
