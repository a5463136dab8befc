// The floors of all replicas, and what of their request records is above them.
import { liveUnder, type Floor } from './floor.ts'
import { minus, plus, ZERO, type Hash64 } from './murmur.ts'
import { RecordQueue, type QueuedRecord } from './record-queue.ts'
import { REQUEST_HASH_BYTES, type RequestRecord } from './request.ts'
import { hashFloor } from './slot-hash.ts'

/** What of a replica's requests is remembered. */
export interface Remembered {
  readonly records: number
  /** What they take on the wire. */
  readonly bytes: number
  /** The same of all that came since this counter was made, those that have gone too. */
  readonly added: number
}

const NOTHING: Remembered = { records: 0, bytes: 0, added: 0 }

/** Replicas go by their numbers in the table. One that never had a request costs nothing here. */
export class Floors {
  readonly #isLive: (entry: QueuedRecord) => boolean
  readonly #floors = new Map<number, { readonly floor: Floor; readonly hash: Hash64 }>()
  readonly #queues = new Map<number, RecordQueue>()
  /** The sum of the hashes of all floors: see docs/protocol.md, section "Hashes". */
  hash: Hash64 = ZERO

  /** @param isLive whether a slot has a record of an operation */
  constructor(isLive: (entry: QueuedRecord) => boolean) {
    this.#isLive = isLive
  }

  get(replica: number): Floor | undefined {
    return this.#floors.size === 0 ? undefined : this.#floors.get(replica)?.floor
  }

  set(replica: number, replicaHash: Hash64, floor: Floor): void {
    const hash = hashFloor(replicaHash, floor)
    this.hash = plus(minus(this.hash, this.#floors.get(replica)?.hash ?? ZERO), hash)
    this.#floors.set(replica, { floor, hash })
  }

  /** Nothing of a replica is left. */
  forget(replica: number): void {
    this.hash = minus(this.hash, this.#floors.get(replica)?.hash ?? ZERO)
    this.#floors.delete(replica)
    this.#queues.delete(replica)
  }

  /** Those of a slot's records that its replica's floor leaves. */
  live(replica: number, requests: readonly RequestRecord[]): readonly RequestRecord[] {
    return liveUnder(this.get(replica), requests)
  }

  added(replica: number, row: number, record: RequestRecord): void {
    let queue = this.#queues.get(replica)
    if (queue === undefined) this.#queues.set(replica, (queue = new RecordQueue(this.#isLive)))
    queue.add(record.seq, row, bytesOf(record))
  }

  removed(replica: number, record: RequestRecord): void {
    this.#queues.get(replica)?.removed(bytesOf(record))
  }

  /** A replica's records up to `upTo`, in order of seq. */
  upTo(replica: number, upTo: number): QueuedRecord[] {
    return this.#queues.get(replica)?.upTo(upTo) ?? []
  }

  oldest(replica: number): Iterable<QueuedRecord> {
    return this.#queues.get(replica)?.oldest() ?? []
  }

  /** The records that the floor of a replica drops have been dropped. */
  settled(replica: number): void {
    this.#queues.get(replica)?.cut(this.get(replica)!.upTo)
  }

  remembered(replica: number): Remembered {
    const queue = this.#queues.get(replica)
    if (queue === undefined) return NOTHING
    return { records: queue.count, bytes: queue.bytes, added: queue.added }
  }
}

/** What a record takes beside its hash and amount, at its usual: how far back it is. */
const STEP_BYTES = 2

/** What a record takes on the wire, about. */
export const bytesOf = ({ amount }: RequestRecord): number => {
  const bits =
    typeof amount === 'number' ? Math.log2(Math.abs(amount) + 1) : amount.toString(16).length * 4
  return REQUEST_HASH_BYTES + STEP_BYTES + Math.ceil((bits + 1) / 7)
}
