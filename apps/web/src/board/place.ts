// Where on the page one is, as the URL's fragment tells it: `#lobby` is a board, `#lobby/door` one of its
// counters in detail, `#/apples` a counter that is on no board. A fragment works from any static server,
// from the service worker's cache, and never reaches a server's log.
import { boardOf, keyOn, nameOf, noBoard } from './key.ts'

export interface Place {
  /** The board that is shown; '' is the start page, with the counters on no board. */
  readonly board: string
  /** The key of the counter that is shown in detail. */
  readonly detail: string | undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Typed by hand, with a lone % in it: taken as it stands.
    return text
  }
}

/** Reads a fragment, with or without its `#`. */
export function readPlace(fragment: string): Place {
  const text = decode(fragment.replace(/^#/, ''))
  const slash = text.indexOf('/')
  if (slash < 0) return { board: text, detail: undefined }
  const board = text.slice(0, slash)
  const name = text.slice(slash + 1)
  return { board, detail: name === '' ? undefined : keyOn(board, name) }
}

const encode = (text: string): string => encodeURIComponent(text).replaceAll('%2F', '/')

/** The fragment of a board, with its `#`. */
export function boardLink(board: string): string {
  return `#${encodeURIComponent(board)}`
}

/** The fragment of a counter in detail, with its `#`. */
export function detailLink(key: string): string {
  const board = boardOf(key)
  return board === noBoard ? `#/${encode(key)}` : `${boardLink(board)}/${encode(nameOf(key))}`
}
