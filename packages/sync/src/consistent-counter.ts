// One shared counter, as a service of its own.
import type { CounterService, IncrementOptions, IncrementResult, ReadOptions } from './types.ts'

/** The key of the counter, unless another is given. */
const KEY = 'count'

/** One counter of a service. Eventually consistent; `read` is as consistent as it is asked to be. */
export class DistributedConsistentCounter {
  readonly #service: CounterService
  /** The counter's key in the service. */
  readonly key: string

  constructor(service: CounterService, key: string = KEY) {
    this.#service = service
    this.key = key
  }

  /** Records an increment durably, and spreads it. `amount` is 1 if left out. */
  increment(amount: number | bigint = 1, options?: IncrementOptions): Promise<IncrementResult> {
    return this.#service.increment(this.key, amount, options)
  }

  /** The count now, from memory. */
  getCount(): bigint {
    return this.#service.getValue(this.key)
  }

  /** How many increments there were. */
  getOps(): number {
    return this.#service.getOps(this.key)
  }

  /** The count, as up to date as asked for. */
  read(options?: ReadOptions): Promise<bigint> {
    return this.#service.read(this.key, options)
  }
}
