// The form of LevelDB's logs and of its MANIFEST: records, in pieces that end where a block of
// 32 KiB ends, each with a checksum (doc/log_format.txt in LevelDB).
import { Cursor } from './cursor.ts'
import { isSum } from './crc.ts'

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7

/** A piece of a record: all of it, its first part, its last; 3 is one in the middle. */
const FULL = 1
const FIRST = 2
const LAST = 4

interface Piece {
  readonly type: number
  readonly data: Uint8Array
}

/** What can be read of a log. */
export interface LogContent {
  readonly records: readonly Uint8Array[]
  /** How many times one or more records before a whole one do not read: damage, and nothing else. */
  readonly gaps: number
  /** What comes last does not read: a write that was cut off, or damage. */
  readonly isTorn: boolean
}

export const readLog = (bytes: Uint8Array): LogContent => {
  const records: Uint8Array[] = []
  let gaps = 0
  let isBroken = false
  let parts: Uint8Array[] | undefined
  for (const piece of piecesOf(bytes)) {
    const isStart = piece?.type === FULL || piece?.type === FIRST
    // Pieces of one record may reach the disk in any order; a record begins only after those before
    // it are on the disk.
    if (isStart && (isBroken || parts !== undefined)) gaps++
    if (isStart) isBroken = false
    else if (parts === undefined || piece === undefined) isBroken = true
    parts = piece === undefined ? undefined : isStart ? [piece.data] : parts?.concat([piece.data])
    if (parts === undefined || (piece?.type !== FULL && piece?.type !== LAST)) continue
    records.push(Buffer.concat(parts))
    parts = undefined
  }
  return { records, gaps, isTorn: isBroken || parts !== undefined }
}

/** Pieces in order, and undefined for each run of bytes that are none. */
function* piecesOf(bytes: Uint8Array): Generator<Piece | undefined, void, undefined> {
  let isBroken = false
  for (let at = 0; at < bytes.length;) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES)
    const piece = left < HEADER_BYTES ? undefined : pieceAt(bytes, at, left)
    if (piece !== undefined) {
      at += HEADER_BYTES + piece.data.length
      isBroken = false
      yield piece
    } else if (left < HEADER_BYTES) {
      // The filling at the end of a block.
      at += left
    } else {
      if (!isBroken) yield undefined
      isBroken = true
      // A length that is damaged too tells nothing of where the next one begins.
      at++
    }
  }
}

const pieceAt = (bytes: Uint8Array, at: number, left: number): Piece | undefined => {
  if (at + HEADER_BYTES > bytes.length) return undefined
  const cursor = new Cursor(bytes, at)
  const sum = cursor.fixed32()
  const length = cursor.byte() + 256 * cursor.byte()
  const type = cursor.byte()
  const end = at + HEADER_BYTES + length
  if (type < FULL || type > LAST || end > bytes.length || HEADER_BYTES + length > left)
    return undefined
  if (!isSum(sum, bytes.subarray(at + HEADER_BYTES - 1, end))) return undefined
  return { type, data: bytes.subarray(at + HEADER_BYTES, end) }
}
