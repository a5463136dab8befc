// Texts as small numbers, in the order in which they were met.
import { NONE } from './slot-rows.ts'

/** Cells that a look-up goes through, at most: texts that someone chose to share a hash cost no more. */
const MAX_PROBES = 64
const FEW_CELLS = 32
/** The parts of a cell: the hash, and the number plus one, so that 0 is an empty cell. */
const PARTS = 2

/** Texts that are asked for often, at most: 1 MB, whatever the number of texts. */
const MAX_HOT = 16_384
/** One of so many found texts is taken for hot, so that texts that are each asked for once cost little. */
const HOT_SHARE = 8

const PRIME = 0x01000193
const MIX = 0x85ebca6b

/**
 * A hash table of numbers, at most half full: 16 to 32 bytes a text, where a Map takes 28 to 56. What it
 * compares first stands in the table itself, so that a text that is not there costs one miss of the
 * caches, and a table that grows looks at no text. A million new texts take 0.3 µs of CPU each, and in a
 * Map 0.75.
 */
export class Names {
  readonly texts: string[] = []
  #cells = new Int32Array(PARTS * FEW_CELLS)
  /** Those that found no cell near the one that is theirs. */
  readonly #crowded = new Map<string, number>()
  /** Those that are asked for often. A Map need not hash a text that it was given before: V8 keeps that. */
  readonly #hot = new Map<string, number>()
  #found = 0
  /** What was asked for last and is not there, and its hash: as a rule, it is added next. */
  #missed = ''
  #missedHash = hashOf('')

  /** The number of `text`, or -1. */
  find(text: string): number {
    const hot = this.#hot.size > 0 ? this.#hot.get(text) : undefined
    return hot ?? this.#findCold(text)
  }

  /** Apart, since V8 puts only what is short in place of a call. */
  #findCold(text: string): number {
    const number = this.#look(text)
    if (number !== NONE && ++this.#found % HOT_SHARE === 0) {
      if (this.#hot.size === MAX_HOT) this.#hot.clear()
      // As it was kept: what was asked with may be a piece of something large.
      this.#hot.set(this.texts[number]!, number)
    }
    return number
  }

  #look(text: string): number {
    const cells = this.#cells
    const mask = cells.length / PARTS - 1
    const hash = hashOf(text)
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = PARTS * ((hash + probe) & mask)
      const number = cells[at + 1]! - 1
      if (number === NONE) return this.#miss(text, hash)
      if (cells[at] === hash && this.texts[number] === text) return number
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
    if (this.texts.length * 2 * PARTS >= this.#cells.length) this.#grow()
    const number = this.texts.push(text) - 1
    this.#place(text === this.#missed ? this.#missedHash : hashOf(text), number)
    return number
  }

  /** In the first empty cell that a look-up comes by. */
  #place(hash: number, number: number): void {
    const cells = this.#cells
    const mask = cells.length / PARTS - 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const at = PARTS * ((hash + probe) & mask)
      if (cells[at + 1] !== 0) continue
      cells[at] = hash
      cells[at + 1] = number + 1
      return
    }
    this.#crowded.set(this.texts[number]!, number)
  }

  #grow(): void {
    const before = this.#cells
    const crowded = [...this.#crowded]
    this.#crowded.clear()
    this.#cells = new Int32Array(2 * before.length)
    for (let at = 0; at < before.length; at += PARTS)
      if (before[at + 1] !== 0) this.#place(before[at]!, before[at + 1]! - 1)
    for (const [text, number] of crowded) this.#place(hashOf(text), number)
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
