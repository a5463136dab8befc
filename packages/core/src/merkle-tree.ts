// The Merkle tree: what the counters under each prefix of the key hashes come to, kept up as they change.
import { hashText } from './slot-hash.ts'
import { spread, type Hash64 } from './murmur.ts'

/**
 * A node is a prefix of the key hashes: its first `3 * depth` bits. Its hash is the sum of its slots'
 * hashes, in two lanes of 32 bits: lift, combine, neutral. So it depends on the slots alone, not on the
 * order in which they came, nor on how deep this replica's tree is; and a write is an addition.
 *
 * 64 bits of MurmurHash3 are meant against chance: two states that differ have one root with odds of
 * 2^-64 (Clarke et al., "Incremental Multiset Hash Functions", ASIACRYPT 2003, tells what they are not
 * meant for). Peers are admitted and slots are checked at the door; whoever could forge a collision
 * could only do so with slots of its own.
 */
export interface NodeName {
  /** 0 for the root. */
  readonly depth: number
  /** The first `3 * depth` bits of the key hashes under it, as a number. */
  readonly prefix: number
}

/** Children of a node. Eight is least in bytes of what reaches 1M keys in five round trips. */
export const FAN_OUT = 8
const BITS = 3
/** Past this depth there are no nodes: prefixes must fit 32 bits. */
export const MAX_DEPTH = 10
/** Keys on a leaf, on average, before the tree grows by a level: eight to a leaf then. */
const MAX_KEYS_ON_LEAF = 64
const NONE = -1

/** Where the tree reads what it hashes. Keys are numbered from 0 in the order in which they came. */
export interface MerkleSource {
  readonly size: number
  textOf(key: number): string
  /** The sum of the hashes of the key's slots, given the key's own hash. */
  hashOf(key: number, keyHash: Hash64): Hash64
}

/** Two lanes for each of `length` things: eight bytes each. */
class Lanes {
  #values: Uint32Array

  constructor(length: number) {
    this.#values = new Uint32Array(2 * length)
  }

  low(at: number): number {
    return this.#values[2 * at]!
  }

  high(at: number): number {
    return this.#values[2 * at + 1]!
  }

  set(at: number, low: number, high: number): void {
    this.#values[2 * at] = low
    this.#values[2 * at + 1] = high
  }

  add(at: number, low: number, high: number): void {
    this.#values[2 * at]! += low
    this.#values[2 * at + 1]! += high
  }

  /** Room for `length`, with a 32nd to spare: memory is worth more here than copying. */
  grow(length: number): void {
    if (2 * length <= this.#values.length) return
    const grown = new Uint32Array(2 * (length + (length >> 5) + 16))
    grown.set(this.#values)
    this.#values = grown
  }
}

/**
 * Sums for every level down to the leaves, and a linked list of the keys on each leaf: 12.4 bytes a key
 * and at most 1.7 for the nodes. A write marks its key, O(1); a look at the tree first hashes the keys
 * marked since the last, O(depth) each.
 */
export class MerkleTree {
  readonly #source: MerkleSource
  /** What each key came to when it was last hashed. */
  readonly #keys = new Lanes(0)
  /** The next key on the same leaf. */
  #next = new Int32Array(0)
  /** The first key on each leaf. */
  #heads: Int32Array = new Int32Array(1).fill(NONE)
  /** Sums by depth; the last are the leaves'. */
  #levels: Lanes[] = [new Lanes(1)]
  /** Keys that were hashed at least once: they are on leaves. */
  #placed = 0
  #marked: number[] = []
  #isMarked = new Uint8Array(0)

  constructor(source: MerkleSource) {
    this.#source = source
  }

  /** The key's slots have changed, or it is new. */
  mark(key: number): void {
    const byte = key >> 3
    const bit = 1 << (key & 7)
    if (byte >= this.#isMarked.length) this.#growMarks(byte + 1)
    if ((this.#isMarked[byte]! & bit) !== 0) return
    this.#isMarked[byte]! |= bit
    this.#marked.push(key)
  }

  /** The hash of all. */
  root(): Hash64 {
    this.#refresh()
    return { low: this.#levels[0]!.low(0), high: this.#levels[0]!.high(0) }
  }

  /**
   * What a node's children come to, in 32 bits each, mixed with `salt`: a chance match of two that
   * differ is gone with the next salt.
   */
  children({ depth, prefix }: NodeName, salt: number): number[] {
    this.#refresh()
    const first = prefix * FAN_OUT
    const level = this.#levels[depth + 1]
    if (level !== undefined)
      return Array.from({ length: FAN_OUT }, (_, i) =>
        fingerprint(level.low(first + i), level.high(first + i), salt),
      )
    const sums = new Lanes(FAN_OUT)
    for (const key of this.#under({ depth, prefix }))
      sums.add(
        prefixOf(this.#hash(key), depth + 1) - first,
        this.#keys.low(key),
        this.#keys.high(key),
      )
    return Array.from({ length: FAN_OUT }, (_, i) => fingerprint(sums.low(i), sums.high(i), salt))
  }

  /** The keys under a node, with what each comes to; undefined where they are more than `limit`. */
  entries(
    node: NodeName,
    salt: number,
    limit: number = Infinity,
  ): { readonly key: number; readonly fingerprint: number }[] | undefined {
    this.#refresh()
    const entries: { key: number; fingerprint: number }[] = []
    for (const key of this.#under(node)) {
      if (entries.length === limit) return undefined
      entries.push({
        key,
        fingerprint: fingerprint(this.#keys.low(key), this.#keys.high(key), salt),
      })
    }
    return entries
  }

  get #depth(): number {
    return this.#levels.length - 1
  }

  #hash(key: number): Hash64 {
    return hashText(this.#source.textOf(key))
  }

  *#under({ depth, prefix }: NodeName): Generator<number> {
    const deeper = depth - this.#depth
    if (deeper <= 0) {
      const leaves = FAN_OUT ** -deeper
      for (let leaf = prefix * leaves; leaf < (prefix + 1) * leaves; leaf++)
        yield* this.#onLeaf(leaf)
      return
    }
    for (const key of this.#onLeaf(Math.floor(prefix / FAN_OUT ** deeper)))
      if (prefixOf(this.#hash(key), depth) === prefix) yield key
  }

  *#onLeaf(leaf: number): Generator<number> {
    for (let key = this.#heads[leaf]!; key !== NONE; key = this.#next[key]!) yield key
  }

  #growMarks(bytes: number): void {
    const grown = new Uint8Array(bytes + (bytes >> 2) + 16)
    grown.set(this.#isMarked)
    this.#isMarked = grown
  }

  #refresh(): void {
    if (this.#marked.length === 0) return
    const marked = this.#marked
    this.#marked = []
    for (const key of marked) this.#isMarked[key >> 3]! &= ~(1 << (key & 7))
    this.#makeRoom()
    // New keys are placed in order, so that what is placed is always a prefix of the numbers.
    if (this.#placed < this.#source.size) marked.sort((a, b) => a - b)
    this.#rehash(marked)
  }

  /**
   * In three passes: of a million keys, what each came to, and its leaf, are not in the processor's caches,
   * and in a short loop it fetches several at once.
   */
  #rehash(marked: readonly number[]): void {
    const depth = this.#depth
    const leaves = new Uint32Array(marked.length)
    const changes = new Lanes(marked.length)
    for (let i = 0; i < marked.length; i++) {
      const key = marked[i]!
      const keyHash = this.#hash(key)
      leaves[i] = prefixOf(keyHash, depth)
      if (key >= this.#placed) this.#place(key, leaves[i]!)
      const { low, high } = this.#source.hashOf(key, keyHash)
      changes.set(i, low, high)
    }
    for (let i = 0; i < marked.length; i++) {
      const key = marked[i]!
      const [low, high] = [changes.low(i), changes.high(i)]
      changes.set(i, low - this.#keys.low(key), high - this.#keys.high(key))
      this.#keys.set(key, low, high)
    }
    for (let level = depth; level >= 0; level--)
      for (let i = 0; i < marked.length; i++)
        this.#levels[level]!.add(
          leaves[i]! >>> (BITS * (depth - level)),
          changes.low(i),
          changes.high(i),
        )
  }

  #place(key: number, leaf: number): void {
    this.#placed = key + 1
    this.#next[key] = this.#heads[leaf]!
    this.#heads[leaf] = key
  }

  #makeRoom(): void {
    const { size } = this.#source
    this.#keys.grow(size)
    if (size > this.#next.length) {
      const grown = new Int32Array(size + (size >> 5) + 16)
      grown.set(this.#next)
      this.#next = grown
    }
    let depth = this.#depth
    while (depth < MAX_DEPTH && size > MAX_KEYS_ON_LEAF * FAN_OUT ** depth) depth++
    if (depth > this.#depth) this.#deepen(depth)
  }

  /** Puts all keys on the leaves of a deeper tree: amortised O(1) a key, as the tree grows by eights. */
  #deepen(depth: number): void {
    this.#heads = new Int32Array(FAN_OUT ** depth).fill(NONE)
    this.#levels = Array.from({ length: depth + 1 }, (_, i) => new Lanes(FAN_OUT ** i))
    for (let key = 0; key < this.#placed; key++) {
      const leaf = prefixOf(this.#hash(key), depth)
      this.#next[key] = this.#heads[leaf]!
      this.#heads[leaf] = key
      this.#levels[depth]!.add(leaf, this.#keys.low(key), this.#keys.high(key))
    }
    for (let level = depth; level > 0; level--)
      for (let node = 0; node < FAN_OUT ** level; node++)
        this.#levels[level - 1]!.add(
          node >>> BITS,
          this.#levels[level]!.low(node),
          this.#levels[level]!.high(node),
        )
  }
}

const prefixOf = ({ low }: Hash64, depth: number): number =>
  depth === 0 ? 0 : low >>> (32 - BITS * depth)

/** 32 bits of a sum, differently for each salt. What is empty is not told apart: it has no salt. */
const fingerprint = (low: number, high: number, salt: number): number =>
  low === 0 && high === 0 ? 0 : spread(spread(low ^ salt) ^ high) >>> 0

/** The fingerprint of a node without keys. */
export const EMPTY_FINGERPRINT = 0
