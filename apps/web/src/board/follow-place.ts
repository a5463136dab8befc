// Keeps the shown place and the URL in step, so that a link, the back button and a bookmark all work.
import { effect } from '@preact/signals'
import { place, search } from '../state.ts'
import { nameOf } from './key.ts'
import { boardLink, detailLink, readPlace } from './place.ts'

/** Whether the details that are open were opened from here, so that closing them can go back. */
let cameFromBoard = false

function titleOf(): string {
  const { board, detail } = place.value
  return [detail === undefined ? '' : nameOf(detail), board, 'Tallymesh']
    .filter((part) => part !== '')
    .join(' · ')
}

export function followPlace(): void {
  addEventListener('hashchange', () => {
    const before = place.peek()
    const next = readPlace(location.hash)
    if (next.board !== before.board) search.value = ''
    if (next.detail === undefined) cameFromBoard = false
    place.value = next
  })
  effect(() => {
    document.title = titleOf()
  })
}

export function openDetail(key: string): void {
  cameFromBoard = true
  location.hash = detailLink(key)
}

/** Back to the board: by the way one came, or, from a link straight to the details, forward. */
export function closeDetail(): void {
  if (place.peek().detail === undefined) return
  if (cameFromBoard) history.back()
  else location.replace(boardLink(place.peek().board))
}

export function openBoard(board: string): void {
  location.hash = boardLink(board)
}
