// From the records of a store, in whatever order they come, to changes in an order that core takes.
import type { Change } from '@tallymesh/core'
import { FORMAT_ID, parseId, slotId } from './record-id.ts'
import type { Damaged, Decoded, Meta, RecordCodec } from './records.ts'
import type { ReplicaStore, StoredRecord } from './store.ts'

/** A part of what a store holds. What is damaged is left out, with what can not be trusted without it. */
export interface LoadedChunk {
  /** Records read so far. */
  readonly records: number
  /** Slots in all chunks come before requests, and requests before versions. */
  readonly changes: readonly Change[]
  readonly meta: readonly Meta[]
  /** In the last chunk only, since an owner may become known late. */
  readonly damaged: readonly Damaged[]
}

/**
 * Everything that an open store holds. `codec` is a fresh one, and knows the store afterwards.
 *
 * Slots are handed on as they come. What waits for the end: request records and versions, damage
 * reports, and slots that come before the record of their replica (none, in a store that loads in
 * order of id).
 *
 * @throws {TallymeshError} `ERR_STORE_VERSION`, `ERR_STORE_CORRUPT`
 */
export async function* loadState(
  store: ReplicaStore,
  codec: RecordCodec,
): AsyncGenerator<LoadedChunk, void, undefined> {
  const loader = new Loader(codec)
  for await (const records of store.load()) {
    for (const record of records) loader.take(record)
    yield loader.chunk()
  }
  yield loader.rest()
}

/** A request record, its id, and that of the slot it belongs to. */
interface Request {
  readonly id: string
  readonly slot: string
  readonly change: Change
}

class Loader {
  readonly #codec: RecordCodec
  #slots: Change[] = []
  #meta: Meta[] = []
  readonly #requests: Request[] = []
  readonly #versions: Change[] = []
  readonly #damaged: Damaged[] = []
  /** Records of replicas that are not known yet, by number. */
  readonly #unowned = new Map<number, StoredRecord[]>()
  #records = 0
  #formatSeen = false

  constructor(codec: RecordCodec) {
    this.#codec = codec
  }

  take(record: StoredRecord): void {
    this.#records++
    this.#formatSeen ||= record.id === FORMAT_ID
    const decoded = this.#codec.decode(record)
    if (decoded.kind === 'unowned') this.#wait(decoded.number, record)
    else this.#sort(record.id, decoded)
  }

  /** What can be handed on now. */
  chunk(): LoadedChunk {
    const chunk = { records: this.#records, changes: this.#slots, meta: this.#meta, damaged: [] }
    this.#slots = []
    this.#meta = []
    return chunk
  }

  /** All that had to wait for the end. */
  rest(): LoadedChunk {
    const damaged = this.#allDamaged()
    const lost = new Set(damaged.map(({ id }) => id))
    // A request goes with its slot.
    const orphans = this.#requests.filter(({ slot }) => lost.has(slot))
    const requests = this.#requests.filter(({ slot }) => !lost.has(slot))
    const suspect = new Set(damaged.map(({ replica }) => replica))
    // A version says that all up to it is held, and that is no longer so: without it, a peer sends all.
    const versions = this.#versions.filter(({ replica }) => !suspect.has(replica))
    return {
      records: this.#records,
      changes: [...this.#slots, ...requests.map(({ change }) => change), ...versions],
      meta: this.#meta,
      damaged: [
        ...damaged,
        ...orphans.map(({ id }) => this.#codec.damaged(id, 'the record of its slot is damaged')),
      ],
    }
  }

  #wait(number: number, record: StoredRecord): void {
    const waiting = this.#unowned.get(number)
    if (waiting) waiting.push(record)
    else this.#unowned.set(number, [record])
  }

  #sort(id: string, decoded: Exclude<Decoded, { kind: 'unowned' }>): void {
    switch (decoded.kind) {
      case 'slot':
        this.#slots.push(decoded)
        break
      case 'request':
        this.#requests.push({
          id,
          slot: slotId(parseId(id).replica, decoded.first),
          change: decoded,
        })
        break
      case 'version':
        this.#versions.push(decoded)
        break
      case 'replica':
        this.#release(decoded.number)
        break
      case 'meta':
        this.#meta.push(decoded)
        break
      case 'damaged':
        this.#damaged.push(decoded)
    }
  }

  #release(number: number): void {
    const waiting = this.#unowned.get(number) ?? []
    this.#unowned.delete(number)
    for (const record of waiting) this.take(record)
  }

  #allDamaged(): Damaged[] {
    // Once more, since some owners have become known.
    const damaged = this.#damaged.map(({ id, reason }) => this.#codec.damaged(id, reason))
    for (const records of this.#unowned.values())
      for (const { id } of records)
        damaged.push(this.#codec.damaged(id, 'the record of its replica is missing or damaged'))
    if (this.#records > 0 && !this.#formatSeen)
      damaged.push(this.#codec.damaged(FORMAT_ID, 'it is missing'))
    return damaged
  }
}
