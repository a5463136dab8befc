// Names of counters and boards as people type them.
import { boardOf, keyOn } from './board/key.ts'

/** A key's limit in UTF-8 bytes, as core has it. Repeated, so that the first paint does not load core. */
const maxBytes = 512

/** The most of them that a board's name may take, so that its counters can have names as well. */
const maxBoardBytes = 256

/** The key that a typed name means, or in words why there is none. */
export type ParsedName =
  | { readonly key: string; readonly problem?: undefined }
  | { readonly key?: undefined; readonly problem: string }

/** The board that a typed name means, or in words why there is none. */
export type ParsedBoard =
  | { readonly board: string; readonly problem?: undefined }
  | { readonly board?: undefined; readonly problem: string }

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

const tooLong = (bytes: number, most: number): string =>
  `This name is too long: ${bytes} bytes, and ${most} is the most. Shorten it.`

const brokenName = 'This name has half of a character in it. Type it again.'

/** Reads the name of a counter on a board. */
export function parseName(typed: string, board = ''): ParsedName {
  const name = typed.trim()
  if (name === '') return { problem: 'Give the counter a name first.' }
  if (!name.isWellFormed()) return { problem: brokenName }
  const most = maxBytes - bytesOf(keyOn(board, ''))
  const bytes = bytesOf(name)
  return bytes > most ? { problem: tooLong(bytes, most) } : { key: keyOn(board, name) }
}

/** Reads the name of a board. */
export function parseBoard(typed: string): ParsedBoard {
  const board = typed.trim().replace(/\/+$/, '')
  if (board === '') return { problem: 'Give the board a name first.' }
  if (!board.isWellFormed()) return { problem: brokenName }
  if (board.includes('/')) {
    const first = boardOf(board)
    const way = first === '' ? '' : `: “${first}”`
    return { problem: `A board’s name has no slash in it${way}.` }
  }
  const bytes = bytesOf(board)
  return bytes > maxBoardBytes ? { problem: tooLong(bytes, maxBoardBytes) } : { board }
}
