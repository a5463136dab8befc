// What the API serves: nothing yet, for as long as the store is being loaded.
import type { CounterService, IncrementOptions, IncrementResult } from '@tallymesh/sync'
import { HttpError } from './problems.ts'

/** What is served of a DistributedConsistentCounter. */
export interface SharedCount {
  increment(amount?: number | bigint, options?: IncrementOptions): Promise<IncrementResult>
  getCount(): bigint
  getOps(): number
}

/** What there is to serve once the store is loaded. */
export interface Served {
  readonly service: CounterService
  readonly count: SharedCount
}

/** Each of its two parts is read at each request, and refuses until there is one. */
export class Readiness implements Served {
  #served: Served | undefined
  #records = 0

  /** So many records of the store have been loaded. */
  loaded(records: number): void {
    this.#records = records
  }

  serve(served: Served): void {
    this.#served = served
  }

  get isReady(): boolean {
    return this.#served !== undefined
  }

  /** @throws {HttpError} 503 `ERR_NOT_READY` */
  requireReady(): void {
    this.#now()
  }

  /** @throws {HttpError} 503 `ERR_NOT_READY` */
  get service(): CounterService {
    return this.#now().service
  }

  /** @throws {HttpError} 503 `ERR_NOT_READY` */
  get count(): SharedCount {
    return this.#now().count
  }

  #now(): Served {
    if (this.#served) return this.#served
    throw new HttpError(503, 'ERR_NOT_READY', this.#why(), { more: { records: this.#records } })
  }

  #why(): string {
    return `this peer is still loading its store, ${this.#records} records so far; ask again in a moment`
  }
}
