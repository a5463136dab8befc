// What LevelDB's logs and tables hold: puts and deletions of ids, numbered in the order of writing.
import { Cursor } from './cursor.ts'

export interface Entry {
  /** Latin-1: record ids are ASCII, and damaged ones are whatever they are. */
  readonly id: string
  /** Of two entries of one id, the higher was written later. */
  readonly sequence: number
  /** Nothing for a deletion. */
  readonly value: Uint8Array | undefined
}

const DELETION = 0
const VALUE = 1

/** Bytes behind the id in a table's keys: the sequence number, and whether it is a deletion. */
const TAG_BYTES = 8

/**
 * The entries of one atomic write, as it stands in a log.
 *
 * @throws {RangeError}
 */
export const entriesOfBatch = (batch: Uint8Array): Entry[] => {
  const cursor = new Cursor(batch)
  const first = cursor.fixed64()
  const count = cursor.fixed32()
  const entries: Entry[] = []
  while (cursor.left > 0) {
    const type = cursor.byte()
    if (type > VALUE) throw new RangeError(`an entry has the type ${type}`)
    const id = cursor.counted().toString('latin1')
    const value = type === DELETION ? undefined : cursor.counted()
    entries.push({ id, sequence: first + entries.length, value })
  }
  if (entries.length !== count)
    throw new RangeError(`${count} entries expected; got ${entries.length}`)
  return entries
}

/** A key of a block, and its value: an entry of a table, or a line of its index. */
export interface Pair {
  readonly key: Buffer
  readonly value: Uint8Array
}

/**
 * What a block of a table holds, in order.
 *
 * @throws {RangeError} after the last pair that can be read
 */
export function* pairsOf(block: Uint8Array): Generator<Pair, void, undefined> {
  yield* pairsIn(block, 0, restartsOf(block).start)
}

/**
 * What can be made out of a damaged block: some of it may be wrong. Every 16th key or so (a restart)
 * is written out in full, so that the reading can begin again there.
 */
export function* pairsOfDamaged(block: Uint8Array): Generator<Pair, void, undefined> {
  const { starts, start } = restartsOf(block)
  const begins = [...new Set([0, ...starts])].filter((at) => at < start).toSorted((a, b) => a - b)
  for (const [i, at] of begins.entries())
    try {
      yield* pairsIn(block, at, begins[i + 1] ?? start)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
}

/** Behind the pairs of a block: where restarts are, and how many. */
const restartsOf = (block: Uint8Array): { start: number; starts: number[] } => {
  const count = block.length < 4 ? 0 : new Cursor(block, block.length - 4).fixed32()
  const start = block.length - 4 - 4 * count
  if (start < 0) return { start: block.length, starts: [] }
  const cursor = new Cursor(block, start)
  return { start, starts: Array.from({ length: count }, () => cursor.fixed32()) }
}

function* pairsIn(block: Uint8Array, at: number, end: number): Generator<Pair, void, undefined> {
  const cursor = new Cursor(block, at, end)
  let key: Buffer = Buffer.alloc(0)
  while (cursor.left > 0) {
    const shared = cursor.varint()
    const length = cursor.varint()
    const valueLength = cursor.varint()
    if (shared > key.length) throw new RangeError('a key begins as one that is too short')
    key = Buffer.concat([key.subarray(0, shared), cursor.bytes(length)])
    yield { key, value: cursor.bytes(valueLength) }
  }
}

/** @throws {RangeError} */
export const entryOf = ({ key, value }: Pair): Entry => {
  const tag = new Cursor(key, Math.max(0, key.length - TAG_BYTES))
  const type = tag.byte()
  const sequence = tag.byte() + 256 * (tag.fixed32() + 2 ** 32 * (tag.byte() + 256 * tag.byte()))
  if (type > VALUE) throw new RangeError(`an entry has the type ${type}`)
  const id = key.toString('latin1', 0, key.length - TAG_BYTES)
  return { id, sequence, value: type === DELETION ? undefined : value }
}
