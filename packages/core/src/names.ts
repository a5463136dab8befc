// Texts as small numbers, in the order in which they were met.
import { NONE } from './slot-rows.ts'

/** Cells that a look-up goes through, at most: texts that someone chose to share a hash cost no more. */
const MAX_PROBES = 64
const FEW_CELLS = 32

/** Texts that are asked for often, at most: 1 MB, whatever the number of texts. */
const MAX_HOT = 16_384
/** One of so many found texts is taken for hot, so that texts that are each asked for once cost little. */
const HOT_SHARE = 8
/** So many are found without them, where they were too many to be hot, before it is tried again. */
const COLD_SPELL = 64 * MAX_HOT

const PRIME = 0x01000193
const MIX = 0x85ebca6b

/**
 * A hash table of numbers, at most half full: 8 to 16 bytes a text, where a Map takes 28 to 56. The place
 * of a cell is the low bits of a text's hash, and the number needs no more bits than the place: so the
 * cell has the rest of the hash beside it. A text that is not there is told by one miss of the caches.
 */
export class Names {
  readonly texts: string[] = []
  #cells = new Int32Array(FEW_CELLS)
  /** Those that found no cell near the one that is theirs. */
  readonly #crowded = new Map<string, number>()
  /** Those that are asked for often. A Map need not hash a text that it was given before: V8 keeps that. */
  readonly #hot = new Map<string, number>()
  /** Found in `#hot` and elsewhere since it was begun; below 0 in a cold spell. */
  #hits = 0
  #found = 0
  /** What was asked for last and is not there, and its hash: as a rule, it is added next. */
  #missed = ''
  #missedHash = hashOf('')

  /** The number of `text`, or -1. */
  find(text: string): number {
    if (this.#hot.size > 0) {
      const hot = this.#hot.get(text)
      if (hot !== undefined) {
        this.#hits++
        return hot
      }
    }
    return this.#findCold(text)
  }

  /** Apart, since V8 puts only what is short in place of a call. */
  #findCold(text: string): number {
    const number = this.#look(text)
    if (number !== NONE && ++this.#found > 0 && this.#found % HOT_SHARE === 0) this.#heat(number)
    return number
  }

  #heat(number: number): void {
    if (this.#hot.size === MAX_HOT) {
      // Where most are asked for as often as any, to look here first is work for nothing.
      if (this.#hits < this.#found) this.#found = -COLD_SPELL
      else this.#found = 0
      this.#hits = 0
      this.#hot.clear()
    }
    // As it was kept: what was asked with may be a piece of something large.
    if (this.#found >= 0) this.#hot.set(this.texts[number]!, number)
  }

  #look(text: string): number {
    const cells = this.#cells
    const mask = cells.length - 1
    const hash = hashOf(text)
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const cell = cells[(hash + probe) & mask]!
      if (cell === 0) return this.#miss(text, hash)
      const number = (cell & mask) - 1
      if (((cell ^ hash) & ~mask) === 0 && this.texts[number] === text) return number
    }
    return this.#crowded.get(text) ?? NONE
  }

  #miss(text: string, hash: number): number {
    this.#missed = text
    this.#missedHash = hash
    return NONE
  }

  /** The number of a text that is not there. */
  add(text: string): number {
    if (this.texts.length * 2 >= this.#cells.length) this.#grow()
    const number = this.texts.push(text) - 1
    this.#place(text === this.#missed ? this.#missedHash : hashOf(text), number)
    return number
  }

  /** In the first empty cell that a look-up comes by. */
  #place(hash: number, number: number): void {
    const cells = this.#cells
    const mask = cells.length - 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = (hash + probe) & mask
      if (cells[at] !== 0) continue
      // From 1 on, so that 0 is an empty cell.
      cells[at] = (hash & ~mask) | (number + 1)
      return
    }
    this.#crowded.set(this.texts[number]!, number)
  }

  #grow(): void {
    this.#crowded.clear()
    this.#cells = new Int32Array(2 * this.#cells.length)
    for (let number = 0; number < this.texts.length; number++)
      this.#place(hashOf(this.texts[number]!), number)
  }
}

/** FNV-1a over UTF-16 units, every other one, so that two products are under way at once. 32 bits, signed. */
const hashOf = (text: string): number => {
  const { length } = text
  let even = 0x811c9dc5 | 0
  let odd = length
  let i = 0
  for (; i + 1 < length; i += 2) {
    even = Math.imul(even ^ text.charCodeAt(i), PRIME)
    odd = Math.imul(odd ^ text.charCodeAt(i + 1), PRIME)
  }
  if (i < length) even = Math.imul(even ^ text.charCodeAt(i), PRIME)
  const hash = Math.imul(even ^ (even >>> 15) ^ Math.imul(odd, MIX), MIX)
  return hash ^ (hash >>> 13)
}
