// @canvas-js/okra, a Merkle search tree: counters as entries, key -> slots, compared by its own sync.
import {
  Builder,
  DEFAULT_METADATA,
  ReadOnlyTransactionImpl,
  ReadWriteTransactionImpl,
  sync,
  type Key,
  type Node,
  type SyncSource,
} from '@canvas-js/okra'
import { NodeStore } from '@canvas-js/okra-memory'
import { ByteWriter, type DistributedKeyCounter } from '@tallymesh/core'
import type { Changed, ReplicaPair } from '../../packages/sync/src/testing/replica-pair.ts'
import type { PeerExchange } from './exchanged.ts'

/**
 * How it was counted: its library has no wire, so the smallest that carries what its sync asks for. A
 * request: one byte for its kind and level, and the key; the root: level and hash. Children: how many;
 * of each the key (the first one's is the request's, and left out), and its hash of 16 bytes, or for a
 * leaf its value alone, whose hash the asker can tell. In the end the asker, who alone knows the
 * differences, sends the entries in which it is ahead. Replica ids are taken as known, a byte each.
 */
export const OKRA_NOTE =
  'okra: its own sync over the smallest wire that carries what it asks for (one byte and the key a ' +
  'request, 16 bytes of hash a node, key and value a leaf), then the entries that the asker is ahead ' +
  'in; replica ids free. It asks one question after another, and each is a round trip.'

const utf8 = new TextEncoder()
const ROOT_REQUEST_BYTES = 1
const LEVEL_BYTES = 1

const varintBytes = (value: number): number => {
  const writer = new ByteWriter()
  writer.varint(value)
  return writer.length
}

const withLength = (bytes: Uint8Array | null): number => {
  const length = bytes?.length ?? 0
  return varintBytes(length) + length
}

/** A source at the other end of a wire. */
class CountedSource implements SyncSource {
  readonly #source: ReadOnlyTransactionImpl
  requests = 0
  asked = 0
  answered = 0

  constructor(source: ReadOnlyTransactionImpl) {
    this.#source = source
  }

  getRoot(): Node {
    const root = this.#source.getRoot()
    this.#count(ROOT_REQUEST_BYTES, LEVEL_BYTES + root.hash.length)
    return root
  }

  // Its sync never asks a source for one node; that the type has it is for other uses.
  getNode(): Node | null {
    throw new Error('okra asks for single nodes now: count them')
  }

  getChildren(level: number, key: Key): Node[] {
    const children = this.#source.getChildren(level, key)
    let bytes = varintBytes(children.length)
    for (const [i, { key: name, hash, value }] of children.entries()) {
      if (i > 0) bytes += withLength(name)
      bytes += level === 1 && value !== undefined ? withLength(value) : hash.length
    }
    this.#count(LEVEL_BYTES + withLength(key), bytes)
    return children
  }

  #count(asked: number, answered: number): void {
    this.requests++
    this.asked += asked
    this.answered += answered
  }
}

/** Two trees that hold what the two replicas of a pair hold. */
export class OkraPair {
  readonly #pair: ReplicaPair
  readonly #left: NodeStore
  readonly #right: NodeStore

  constructor(pair: ReplicaPair) {
    this.#pair = pair
    this.#left = new NodeStore(DEFAULT_METADATA)
    this.#left.initialize()
    const entries = pair.keys.map((key): [Uint8Array, Uint8Array] => [
      utf8.encode(key),
      valueOf(pair.left, key),
    ])
    Builder.fromEntries(this.#left, entries)
    // Its memory is an immutable tree: the other side may begin with the same.
    this.#right = new NodeStore(DEFAULT_METADATA, this.#left.snapshot)
  }

  /** Changes `count` keys on each side of both pairs, and exchanges in both. */
  async exchange(count: number): Promise<PeerExchange> {
    const changed = this.#pair.change(count)
    for (const { replica, key } of changed) {
      const isLeft = replica === this.#pair.left.replica
      if (isLeft) write(this.#left, this.#pair.left, key)
      else write(this.#right, this.#pair.right, key)
    }
    const startedAt = performance.now()
    const source = new CountedSource(new ReadOnlyTransactionImpl(this.#right))
    const differing = new Set<string>()
    for await (const { key } of sync(source, new ReadOnlyTransactionImpl(this.#left)))
      differing.add(new TextDecoder().decode(key))
    const ahead = changed.filter(({ replica }) => replica === this.#pair.left.replica)
    const pushed = this.#join(changed)
    const ms = performance.now() - startedAt
    if (differing.size !== changed.length) throw new Error('okra did not find what differs')
    await this.#pair.exchange()
    return {
      bytesByLeft: source.asked + varintBytes(ahead.length) + pushed,
      bytesByRight: source.answered,
      roundTrips: source.requests + (ahead.length > 0 ? 1 : 0),
      ms,
    }
  }

  /** Writes each side's news into the other's tree. Returns the bytes that the left had to send. */
  #join(changed: readonly Changed[]): number {
    let pushed = 0
    for (const { replica, key } of changed) {
      if (replica !== this.#pair.left.replica) write(this.#left, this.#pair.right, key)
      else {
        write(this.#right, this.#pair.left, key)
        pushed += withLength(utf8.encode(key)) + withLength(valueOf(this.#pair.left, key))
      }
    }
    return pushed
  }
}

const write = (store: NodeStore, counter: DistributedKeyCounter, key: string): void =>
  new ReadWriteTransactionImpl(store).set(utf8.encode(key), valueOf(counter, key))

/** A counter's slots; for each a byte for the replica, and its numbers as varints. */
const valueOf = (counter: DistributedKeyCounter, key: string): Uint8Array => {
  const writer = new ByteWriter()
  for (const [i, slot] of counter.slots(key).entries()) {
    writer.byte(i)
    writer.varint(slot.first)
    writer.varint(slot.seq)
    writer.varint(slot.ops)
    writer.integer(slot.total)
  }
  return writer.finish()
}
