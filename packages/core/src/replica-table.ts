// Replicas: their numbers, how much of each is held, what each wrote in order, and whom others may see.
import { minus, plus, ZERO, type Hash64 } from './murmur.ts'
import { Names } from './names.ts'
import { SeqOrder } from './seq-order.ts'
import { ShortNames } from './short-names.ts'
import { hashText, hashVersion } from './slot-hash.ts'
import { NONE, type SlotRows } from './slot-rows.ts'

export class ReplicaTable {
  readonly #rows: SlotRows
  readonly #names = new Names()
  /** The one that was asked for last, since most work is about one replica for a while. */
  #asked = ''
  #found = NONE
  readonly #hashes: Hash64[] = []
  readonly #versions: number[] = []
  readonly #orders: SeqOrder[] = []
  readonly #shortNames: ShortNames[] = []
  /** Epochs that nobody outside sees: they count, and are in no version, tree or encoding. */
  readonly #hidden = new Set<number>()

  #versionHash: Hash64 = ZERO
  /** The version of each as it is in the hash; 0 where it is not. */
  readonly #hashed: number[] = []
  /** Those whose version in the hash may be old. */
  readonly #stale = new Set<number>()
  #lastStale = NONE

  constructor(rows: SlotRows) {
    this.#rows = rows
  }

  /** The number of a replica, or -1. */
  find(replica: string): number {
    if (replica === this.#asked) return this.#found
    const number = this.#names.find(replica)
    if (number !== NONE) {
      this.#asked = replica
      this.#found = number
    }
    return number
  }

  /** The number of a replica, which it is given where it has none. */
  numberOf(replica: string): number {
    const known = this.find(replica)
    if (known !== NONE) return known
    this.#versions.push(0)
    this.#hashed.push(0)
    this.#hashes.push(hashText(replica))
    this.#orders.push(new SeqOrder(this.#rows))
    this.#shortNames.push(new ShortNames(this.#rows))
    return this.#names.add(replica)
  }

  textOf(number: number): string {
    return this.#names.texts[number]!
  }

  get texts(): readonly string[] {
    return this.#names.texts
  }

  hashOf(number: number): Hash64 {
    return this.#hashes[number]!
  }

  /** Its rows in order of seq. */
  order(number: number): SeqOrder {
    return this.#orders[number]!
  }

  /** Its rows by `first`. */
  shortNames(number: number): ShortNames {
    return this.#shortNames[number]!
  }

  // Versions

  version(number: number): number {
    return number === NONE ? 0 : this.#versions[number]!
  }

  setVersion(number: number, seq: number): void {
    this.#versions[number] = seq
    this.heard(number, seq)
    this.#outdate(number)
  }

  /** The highest seq that a replica is known to have written: up to its version, in its rows, or its floor. */
  lastSeq(number: number): number {
    return number === NONE ? 0 : this.#orders[number]!.last
  }

  /** A replica has written up to `seq`, whether that is in a row or not. */
  heard(number: number, seq: number): void {
    const order = this.#orders[number]!
    if (seq > order.last) order.last = seq
  }

  /** Its row has its next seq, and had `before`. */
  counted(number: number, row: number, seq: number, before: number): void {
    this.#orders[number]!.moved(row, seq, before)
    // Where slots of one's own came back without all that was before them, a gap stays a gap.
    if (this.#versions[number] !== seq - 1) return
    this.#versions[number] = seq
    this.#outdate(number)
  }

  /** A hash of the version vector, whatever the order in which it came about. Costs the versions that moved. */
  get versionHash(): Hash64 {
    for (const number of this.#stale) this.#rehash(number)
    this.#stale.clear()
    this.#lastStale = NONE
    return this.#versionHash
  }

  #outdate(number: number): void {
    if (number === this.#lastStale) return
    this.#stale.add(number)
    this.#lastStale = number
  }

  #rehash(number: number): void {
    const before = this.#hashed[number]!
    const now = this.#hidden.has(number) ? 0 : this.#versions[number]!
    const hash = this.#hashes[number]!
    if (before > 0) this.#versionHash = minus(this.#versionHash, hashVersion(hash, before))
    if (now > 0) this.#versionHash = plus(this.#versionHash, hashVersion(hash, now))
    this.#hashed[number] = now
  }

  // Who is seen

  /** Those that others may see. */
  shown(): readonly string[] {
    const { texts } = this.#names
    return this.#hidden.size === 0 ? texts : texts.filter((_, number) => !this.#hidden.has(number))
  }

  /** Those that others may not see. */
  hidden(): ReadonlySet<number> {
    return this.#hidden
  }

  isHidden(number: number): boolean {
    return this.#hidden.size > 0 && this.#hidden.has(number)
  }

  /** False where it is hidden already. */
  hide(number: number): boolean {
    if (this.#hidden.has(number)) return false
    this.#hidden.add(number)
    this.#outdate(number)
    return true
  }

  /** False where it is not hidden. */
  reveal(number: number): boolean {
    if (!this.#hidden.delete(number)) return false
    this.#outdate(number)
    return true
  }

  /** A hidden one, as if it had never been. Returns its rows, which are to be emptied. */
  drop(number: number): number[] {
    this.setVersion(number, 0)
    this.#hidden.delete(number)
    return this.#orders[number]!.clear()
  }
}
