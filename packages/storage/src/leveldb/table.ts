// LevelDB's tables: blocks of entries, and an index of them (doc/table_format.md in LevelDB).
import { addByte, isSum, unmask } from './crc.ts'
import { Cursor } from './cursor.ts'
import { pairsOf } from './entries.ts'
import { decompress } from './snappy.ts'

const FOOTER_BYTES = 48
const MAGIC = 0xdb4775248b80fb57n
/** Behind each block: whether it is compressed, and its checksum. */
const TRAILER_BYTES = 5

export interface Block {
  /** As they stand in the file. */
  readonly bytes: Uint8Array
  readonly isCompressed: boolean
  readonly isWhole: boolean
}

/** @throws {RangeError} where it is damaged so that it does not decompress */
export const contentOf = ({ bytes, isCompressed }: Block): Uint8Array =>
  isCompressed ? decompress(bytes) : bytes

export interface Table {
  /** Those that hold entries; where the index is damaged, as many as can be told apart without. */
  readonly blocks: readonly Block[]
  readonly indexIsWhole: boolean
  /** The filter, which spares look-ups, holds nothing that is not in the blocks. */
  readonly filterIsWhole: boolean
}

interface Handle {
  readonly offset: number
  readonly size: number
}

export const readTable = (bytes: Uint8Array): Table => {
  try {
    const { index, filters } = readFooter(bytes)
    const handles = linesOf(wholeBlock(bytes, index)).map(({ handle }) => handle)
    const blocks = handles.map((handle) => blockAt(bytes, handle))
    return { blocks, indexIsWhole: true, filterIsWhole: isFilterWhole(bytes, filters) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { blocks: findBlocks(bytes), indexIsWhole: false, filterIsWhole: false }
  }
}

const readFooter = (bytes: Uint8Array): { filters: Handle; index: Handle } => {
  const start = bytes.length - FOOTER_BYTES
  if (start < 0) throw new RangeError('a table is too short')
  const cursor = new Cursor(bytes, start)
  const filters = readHandle(cursor)
  const index = readHandle(cursor)
  const magic = Buffer.from(bytes.subarray(bytes.length - 8)).readBigUInt64LE()
  if (magic !== MAGIC) throw new RangeError('a table does not end as tables do')
  return { filters, index }
}

const readHandle = (cursor: Cursor): Handle => ({ offset: cursor.varint(), size: cursor.varint() })

const blockAt = (bytes: Uint8Array, { offset, size }: Handle): Block => {
  const cursor = new Cursor(bytes, Math.min(offset, bytes.length))
  const block = cursor.bytes(size)
  const isCompressed = cursor.byte() !== 0
  const isWhole = isSum(cursor.fixed32(), bytes.subarray(offset, offset + size + 1))
  return { bytes: block, isCompressed, isWhole }
}

const wholeBlock = (bytes: Uint8Array, handle: Handle): Uint8Array => {
  const block = blockAt(bytes, handle)
  if (!block.isWhole) throw new RangeError('a block is damaged')
  return contentOf(block)
}

const linesOf = (block: Uint8Array): { name: string; handle: Handle }[] =>
  [...pairsOf(block)].map(({ key, value }) => ({
    name: key.toString('latin1'),
    handle: readHandle(new Cursor(value)),
  }))

const isFilterWhole = (bytes: Uint8Array, filters: Handle): boolean => {
  try {
    return linesOf(wholeBlock(bytes, filters)).every(({ handle }) => blockAt(bytes, handle).isWhole)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return false
  }
}

/** Without an index: a block ends where a checksum fits, and the next one begins there. */
const findBlocks = (bytes: Uint8Array): Block[] => {
  const blocks: Block[] = []
  for (let at = 0; ;) {
    const end = endOfBlock(bytes, at)
    if (end === undefined) return blocks
    const isCompressed = bytes[end] !== 0
    blocks.push({ bytes: bytes.subarray(at, end), isCompressed, isWhole: true })
    at = end + TRAILER_BYTES
  }
}

const endOfBlock = (bytes: Uint8Array, start: number): number | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let sum = 0
  for (let end = start; end + TRAILER_BYTES <= bytes.length; end++) {
    sum = addByte(sum, bytes.subarray(end, end + 1))
    if (bytes[end]! <= 1 && unmask(view.getUint32(end + 1, true)) === sum >>> 0) return end
  }
  return undefined
}
