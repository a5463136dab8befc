// The one place that maps changes of a counter to records of a store, and back.
import {
  type Change,
  ByteReader,
  ByteWriter,
  LIMITS,
  readFloorBytes,
  REQUEST_HASH_BYTES,
  TallymeshError,
  writeFloorBytes,
} from '@tallymesh/core'
import { markInOrder } from './batch.ts'
import { payloadEnd, seal, sealed } from './checksum.ts'
import {
  asideId,
  floorId,
  FORMAT_ID,
  metaId,
  parseId,
  type RecordId,
  replicaId,
  requestId,
  slotId,
  versionId,
} from './record-id.ts'
import type { StoreBatch, StoredRecord } from './store.ts'

/** The format that this program writes. `m/format` itself keeps its form in every format. */
export const FORMAT_VERSION = 1

const NOTHING: StoreBatch = { put: [], delete: [] }

/** A record that did not survive. It stays in the store as it is. */
export interface Damaged {
  readonly kind: 'damaged'
  readonly id: string
  readonly reason: string
  /** Whose it was, where that can be told. */
  readonly replica: string | undefined
}

/** A record that is not part of a counter's state: who the replica is. */
export interface Meta {
  readonly kind: 'meta'
  readonly name: string
  readonly payload: Uint8Array
}

/**
 * What a record holds.
 *
 * - `format`, `replica`: for the codec, which has taken note
 * - `aside`: it was damaged, and has been set aside
 * - `unowned`: a record of a replica number whose replica record has not come yet; decode it again
 *   when it has
 */
export type Decoded =
  | Change
  | Damaged
  | Meta
  | { readonly kind: 'format' | 'aside' }
  | { readonly kind: 'replica'; readonly number: number }
  | { readonly kind: 'unowned'; readonly number: number }

/**
 * The codec of one open store: it knows the numbers under which replicas go there. Every record of
 * a store must have been decoded before the first is encoded, or numbers would be given twice.
 */
export class RecordCodec {
  readonly #numbers = new Map<string, number>()
  readonly #replicas = new Map<number, string>()
  #nextNumber = 0
  /** The replica that was asked for last, since most work is about one for a while. */
  #asked: string | undefined
  #found = 0
  /** The codec's own records that no commit is known to have taken: they go into every batch. */
  readonly #unsaved = new Map<string, StoredRecord>([[FORMAT_ID, formatRecord()]])

  /**
   * The batch that makes `changes` durable. The last change of an id wins, so that changes of
   * several operations can go into one batch.
   *
   * Say `saved(batch)` once it is committed.
   *
   * @param more what is to go along with it, unless a change of the batch has the same id
   */
  encode(changes: readonly Change[], more: StoreBatch = NOTHING): StoreBatch {
    // All replicas have their numbers then, and the codec's own go first: saved() relies on it.
    for (const { replica } of changes) this.#numberOf(replica)
    const put = new Map(this.#unsaved)
    const remove = new Set<string>()
    for (const change of changes)
      if (isDrop(change))
        for (const id of this.#idsDropped(change)) {
          put.delete(id)
          remove.add(id)
        }
      else {
        const id = this.#idOf(change)
        if (remove.size > 0) remove.delete(id)
        put.set(id, recordOf(id, change))
      }
    for (const record of more.put) {
      const { id } = record
      // What is there is a change's, or the codec's own, which may be told anew.
      const isFree = put.get(id) === this.#unsaved.get(id)
      if (isFree && !remove.has(id)) put.set(id, record)
    }
    for (const id of more.delete) if (!put.has(id)) remove.add(id)
    const batch = { put: [...put.values()], delete: [...remove] }
    // What came from elsewhere has ids of its own.
    return more.put.length + more.delete.length === 0 ? markInOrder(batch) : batch
  }

  /** A record for what is not part of a counter's state. `name`: ASCII, up to 32 chars. */
  encodeMeta(name: string, payload: Uint8Array): StoredRecord {
    const id = metaId(name)
    return { id, bytes: seal(id, payload) }
  }

  /** Takes note that `batch` was committed. Without it, later batches say a little twice. */
  saved(batch: StoreBatch): void {
    for (const { id } of batch.put) if (!this.#unsaved.delete(id)) break
    for (const id of batch.delete) if (id.startsWith('r/')) this.#forget(parseId(id).replica)
  }

  /**
   * What `record` holds; a damaged one is told as such, and never half-read.
   *
   * @throws {TallymeshError} `ERR_STORE_VERSION` on the format of a newer program
   */
  decode(record: StoredRecord): Decoded {
    const id = parseId(record.id)
    if (id.kind === 'x/') return { kind: 'aside' }
    // A number is taken even where its records are damaged: another replica must not inherit them.
    if (id.replica >= this.#nextNumber) this.#nextNumber = id.replica + 1
    const end = payloadEnd(record.id, record.bytes)
    if (end === -1) return this.damaged(record.id, 'its checksum does not fit its content')
    try {
      // No view of the payload: a load reads millions of records, and views are most of its garbage.
      return this.#read(record.id, id, new ByteReader(record.bytes, end))
    } catch (error) {
      if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED')
        return this.damaged(record.id, error.message)
      throw error
    }
  }

  /** The report of a damaged record, with its owner as far as is known by now. */
  damaged(id: string, reason: string): Damaged {
    return { kind: 'damaged', id, reason, replica: this.#replicas.get(parseId(id).replica) }
  }

  /** The id of the record of a replica's version; nothing for a replica that is not known. */
  versionIdOf(replica: string): string | undefined {
    const n = this.#numbers.get(replica)
    return n === undefined ? undefined : versionId(n)
  }

  #idOf(change: Exclude<Change, Drop>): string {
    const n = this.#numberOf(change.replica)
    switch (change.kind) {
      case 'slot':
        return slotId(n, change.slot.first)
      case 'request':
        return requestId(n, change.record.seq)
      case 'version':
        return versionId(n)
      case 'floor':
        return floorId(n)
    }
  }

  #idsDropped(change: Drop): string[] {
    const n = this.#numberOf(change.replica)
    switch (change.kind) {
      case 'dropped-slot':
        return [slotId(n, change.first)]
      case 'dropped-request':
        return [requestId(n, change.seq)]
      case 'dropped-replica':
        return [versionId(n), floorId(n), replicaId(n)]
    }
  }

  #forget(n: number): void {
    const replica = this.#replicas.get(n)
    if (replica === undefined) return
    this.#replicas.delete(n)
    this.#numbers.delete(replica)
    this.#asked = undefined
    this.#unsaved.delete(replicaId(n))
  }

  #numberOf(replica: string): number {
    if (replica === this.#asked) return this.#found
    const n = this.#numbers.get(replica) ?? this.#give(replica)
    this.#asked = replica
    return (this.#found = n)
  }

  #give(replica: string): number {
    const n = this.#nextNumber
    this.#learn(n, replica)
    const writer = new ByteWriter()
    writer.string(replica)
    const id = replicaId(n)
    this.#unsaved.set(id, { id, bytes: seal(id, writer.finish()) })
    return n
  }

  #learn(n: number, replica: string): void {
    this.#nextNumber = Math.max(this.#nextNumber, n + 1)
    this.#numbers.set(replica, n)
    this.#replicas.set(n, replica)
  }

  #read(text: string, id: RecordId, reader: ByteReader): Decoded {
    if (id.kind === 'm/') return this.#readMeta(text, reader)
    if (Number.isNaN(id.replica)) return this.damaged(text, 'it is of no kind that is known')
    if (id.kind === 'r/') return this.#readReplica(id.replica, reader)
    const replica = this.#replicas.get(id.replica)
    if (replica === undefined) return { kind: 'unowned', number: id.replica }
    const change = readChange(id, replica, reader)
    return (
      change ?? this.damaged(text, 'it is of no kind that is known, or breaks a rule of its kind')
    )
  }

  #readMeta(id: string, reader: ByteReader): Decoded {
    if (id !== FORMAT_ID)
      // A copy, since it stays, and an engine may give a Buffer, of which slice() copies nothing.
      return { kind: 'meta', name: id.slice(2), payload: new Uint8Array(reader.bytes(reader.left)) }
    const version = reader.varint()
    if (version > FORMAT_VERSION)
      throw new TallymeshError(
        'ERR_STORE_VERSION',
        `the store has format ${version}, and this program reads up to ${FORMAT_VERSION}; use the newer program that wrote it`,
      )
    this.#unsaved.delete(FORMAT_ID)
    return { kind: 'format' }
  }

  #readReplica(n: number, reader: ByteReader): Decoded {
    const replica = reader.string(LIMITS.replicaBytes)
    reader.end()
    this.#learn(n, replica)
    return { kind: 'replica', number: n }
  }
}

/** A damaged record's bytes as they are, out of the way. */
export const setAside = ({ id, bytes }: StoredRecord): StoredRecord => ({ id: asideId(id), bytes })

type Drop = Extract<Change, { kind: 'dropped-slot' | 'dropped-request' | 'dropped-replica' }>

const isDrop = (change: Change): change is Drop =>
  change.kind === 'dropped-slot' ||
  change.kind === 'dropped-request' ||
  change.kind === 'dropped-replica'

function formatRecord(): StoredRecord {
  const writer = new ByteWriter()
  writer.varint(FORMAT_VERSION)
  return { id: FORMAT_ID, bytes: seal(FORMAT_ID, writer.finish()) }
}

/** For the payload that is being written; what comes of it is a copy. */
const writer = new ByteWriter(1024)

const recordOf = (id: string, change: Exclude<Change, Drop>): StoredRecord => {
  writer.reset()
  switch (change.kind) {
    case 'slot':
      writer.string(change.key)
      writer.varint(change.slot.seq)
      writer.varint(change.slot.ops)
      writer.integer(change.slot.total)
      break
    case 'request':
      writer.varint(change.first)
      writer.bytes(bytesOfHash(change.record.hash))
      writer.integer(change.record.amount)
      if (change.record.ops > 1) writer.varint(change.record.ops)
      break
    case 'version':
      writer.varint(change.seq)
      break
    case 'floor':
      writeFloorBytes(writer, change.floor)
  }
  return { id, bytes: sealed(id, writer) }
}

/** Nothing for a kind that is not known, or numbers that no program of this format writes. */
const readChange = (id: RecordId, replica: string, reader: ByteReader): Change | undefined => {
  switch (id.kind) {
    case 's/':
      return readSlot(id.position, replica, reader)
    case 'q/':
      return readRequest(id.position, replica, reader)
    case 'v/': {
      const seq = reader.varint()
      reader.end()
      return { kind: 'version', replica, seq }
    }
    case 'f/': {
      const floor = readFloorBytes(reader)
      reader.end()
      return { kind: 'floor', replica, floor }
    }
    default:
      return undefined
  }
}

const readSlot = (first: number, replica: string, reader: ByteReader): Change | undefined => {
  const key = reader.string(LIMITS.keyBytes)
  const seq = reader.varint()
  const ops = reader.varint()
  const total = reader.integer()
  reader.end()
  // Written so that a first that is NaN fails too.
  const valid = first >= 1 && seq >= first && ops >= 1 && key.length > 0
  return valid ? { kind: 'slot', replica, key, slot: { first, seq, ops, total } } : undefined
}

const readRequest = (seq: number, replica: string, reader: ByteReader): Change | undefined => {
  const first = reader.varint()
  const hash = String.fromCharCode(...reader.bytes(REQUEST_HASH_BYTES))
  const amount = reader.integer()
  const ops = reader.left > 0 ? reader.varint() : 1
  reader.end()
  const valid = first >= 1 && seq >= first && ops >= 1
  return valid ? { kind: 'request', replica, first, record: { hash, amount, seq, ops } } : undefined
}

const bytesOfHash = (hash: string): Uint8Array => {
  const bytes = new Uint8Array(REQUEST_HASH_BYTES)
  for (let i = 0; i < REQUEST_HASH_BYTES; i++) bytes[i] = hash.charCodeAt(i)
  return bytes
}
