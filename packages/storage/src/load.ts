// From the records of a store, in whatever order they come, to changes in an order that core takes.
import type { Change } from '@tallymesh/core'
import { FORMAT_ID, parseId, slotId } from './record-id.ts'
import { setAside, type Damaged, type Decoded, type Meta, type RecordCodec } from './records.ts'
import type { ReplicaStore, StoreBatch, StoredRecord } from './store.ts'

/** A part of what a store holds. What is damaged is left out, with what can not be trusted without it. */
export interface LoadedChunk {
  /** Records read so far. */
  readonly records: number
  /** Slots in all chunks come before requests, those before floors, and floors before versions. */
  readonly changes: readonly Change[]
  readonly meta: readonly Meta[]
  /** In the last chunk only, since an owner may become known late. */
  readonly damaged: readonly Damaged[]
  /**
   * What sets the damaged aside, as they are, and forgets the versions that claim them; to be committed
   * along with the first change. In the last chunk only.
   */
  readonly mend: StoreBatch
  /** Records that were set aside before. */
  readonly aside: number
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
  readonly record: StoredRecord
  readonly slot: string
  readonly change: Change
}

class Loader {
  readonly #codec: RecordCodec
  #slots: Change[] = []
  #meta: Meta[] = []
  readonly #requests: Request[] = []
  readonly #versions: Change[] = []
  readonly #floors: Change[] = []
  readonly #damaged: Damaged[] = []
  /** The records that are to be set aside. */
  readonly #spoilt: StoredRecord[] = []
  /** Records of replicas that are not known yet, by number. */
  readonly #unowned = new Map<number, StoredRecord[]>()
  #records = 0
  #aside = 0
  #formatSeen = false

  constructor(codec: RecordCodec) {
    this.#codec = codec
  }

  take(record: StoredRecord): void {
    this.#records++
    this.#formatSeen ||= record.id === FORMAT_ID
    const decoded = this.#codec.decode(record)
    if (decoded.kind === 'unowned') this.#wait(decoded.number, record)
    else this.#sort(record, decoded)
  }

  /** What can be handed on now. */
  chunk(): LoadedChunk {
    const chunk = {
      records: this.#records,
      changes: this.#slots,
      meta: this.#meta,
      damaged: [],
      mend: { put: [], delete: [] },
      aside: this.#aside,
    }
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
    const isSuspect = ({ replica }: Change): boolean => suspect.has(replica)
    const forgotten = this.#versions.filter(isSuspect)
    return {
      records: this.#records,
      changes: [
        ...this.#slots,
        ...requests.map(({ change }) => change),
        ...this.#floors,
        ...this.#versions.filter((version) => !isSuspect(version)),
      ],
      meta: this.#meta,
      damaged: [
        ...damaged,
        ...orphans.map(({ record: { id } }) =>
          this.#codec.damaged(id, 'the record of its slot is damaged'),
        ),
      ],
      mend: this.#mend([...this.#spoilt, ...orphans.map(({ record }) => record)], forgotten),
      aside: this.#aside,
    }
  }

  #wait(number: number, record: StoredRecord): void {
    const waiting = this.#unowned.get(number)
    if (waiting) waiting.push(record)
    else this.#unowned.set(number, [record])
  }

  #sort(record: StoredRecord, decoded: Exclude<Decoded, { kind: 'unowned' }>): void {
    switch (decoded.kind) {
      case 'slot':
        this.#slots.push(decoded)
        break
      case 'request':
        this.#requests.push({
          record,
          slot: slotId(parseId(record.id).replica, decoded.first),
          change: decoded,
        })
        break
      case 'version':
        this.#versions.push(decoded)
        break
      case 'floor':
        this.#floors.push(decoded)
        break
      case 'replica':
        this.#release(decoded.number)
        break
      case 'meta':
        this.#meta.push(decoded)
        break
      case 'aside':
        this.#aside++
        break
      case 'damaged':
        this.#damaged.push(decoded)
        this.#spoilt.push(record)
    }
  }

  #mend(spoilt: readonly StoredRecord[], forgotten: readonly Change[]): StoreBatch {
    const versions = forgotten.flatMap(({ replica }) => this.#codec.versionIdOf(replica) ?? [])
    return { put: spoilt.map(setAside), delete: [...spoilt.map(({ id }) => id), ...versions] }
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
      for (const record of records) {
        const reason = 'the record of its replica is missing or damaged'
        damaged.push(this.#codec.damaged(record.id, reason))
        this.#spoilt.push(record)
      }
    if (this.#records > 0 && !this.#formatSeen)
      damaged.push(this.#codec.damaged(FORMAT_ID, 'it is missing'))
    return damaged
  }
}
