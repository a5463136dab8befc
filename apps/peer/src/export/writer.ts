// The bytes of an export, in pieces, from a snapshot: its lines are made only as they are read.
import { setImmediate as otherTurns } from 'node:timers/promises'
import type { StateSnapshot } from '@tallymesh/core'
import { endLine, floorLines, type Header, headerLine, slotLines } from './format.ts'

/** Chars of a piece: enough to make the way to the socket cheap, few enough to take no time. */
const PIECE_CHARS = 64 * 1024

/** Floors first, since slots are read under them. */
function* linesOf(header: Header, state: StateSnapshot): Generator<string, void, undefined> {
  const counts = { counters: 0, slots: 0, requests: 0 }
  let lines = 2 // the first and the last
  let key: string | undefined
  yield headerLine(header)
  for (const floor of state.floors)
    for (const line of floorLines(floor)) {
      lines++
      yield line
    }
  for (const slot of state) {
    if (slot.key !== key) counts.counters++
    key = slot.key
    counts.slots++
    counts.requests += slot.requests.length
    for (const line of slotLines(slot)) {
      lines++
      yield line
    }
  }
  yield endLine(counts, lines)
}

/** The file, piece by piece, as fast as it is read. Others get their turn between any two. */
export async function* exportPieces(
  header: Header,
  state: StateSnapshot,
): AsyncGenerator<Buffer, void, undefined> {
  let piece = ''
  for (const line of linesOf(header, state)) {
    piece += `${line}\n`
    if (piece.length < PIECE_CHARS) continue
    yield Buffer.from(piece)
    piece = ''
    await otherTurns()
  }
  yield Buffer.from(piece)
}
