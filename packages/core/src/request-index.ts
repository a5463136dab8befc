// Which slots hold a record of a request, and which of those records are of the same increment.
import type { RequestHash, RequestRecord } from './request.ts'

/** A record's place: the row of its slot, and the number of that slot's key. */
export interface Placed {
  readonly row: number
  readonly key: number
  readonly record: RequestRecord
}

/** Every step is O(1), also where a hostile peer gives one id to all its requests. */
export class RequestIndex {
  /** Nearly all requests were applied by one replica. */
  readonly #alone = new Map<RequestHash, Placed>()
  /** The others: by key, amount and ops, which make it the same increment, and by record. */
  readonly #shared = new Map<RequestHash, Map<string, Map<RequestRecord, Placed>>>()

  /** Adds a record. True where one of the same id, key, amount and ops was there before. */
  add(placed: Placed): boolean {
    const { hash } = placed.record
    const alone = this.#alone.get(hash)
    if (alone === undefined && !this.#shared.has(hash)) {
      this.#alone.set(hash, placed)
      return false
    }
    if (alone !== undefined) {
      this.#alone.delete(hash)
      this.#share(alone)
    }
    return this.#share(placed) > 1
  }

  /** Takes a record out. True where one of the same id, key, amount and ops is still there. */
  remove(placed: Placed): boolean {
    const { record } = placed
    if (this.#alone.delete(record.hash)) return false
    const shared = this.#shared.get(record.hash)!
    const increment = incrementOf(placed)
    const same = shared.get(increment)!
    same.delete(record)
    if (same.size === 0) shared.delete(increment)
    if (shared.size === 0) this.#shared.delete(record.hash)
    return same.size > 0
  }

  /** The records of a request id, under any key and amount. */
  placed(hash: RequestHash): Placed[] {
    const alone = this.#alone.get(hash)
    if (alone !== undefined) return [alone]
    return [...(this.#shared.get(hash)?.values() ?? [])].flatMap((same) => [...same.values()])
  }

  /** Returns how many there are of the same increment now. */
  #share(placed: Placed): number {
    const { record } = placed
    const shared = this.#shared.get(record.hash) ?? new Map<string, Map<RequestRecord, Placed>>()
    this.#shared.set(record.hash, shared)
    const increment = incrementOf(placed)
    const same = shared.get(increment) ?? new Map<RequestRecord, Placed>()
    shared.set(increment, same)
    return same.set(record, placed).size
  }
}

const incrementOf = ({ key, record: { amount, ops } }: Placed): string => `${key}/${amount}/${ops}`
