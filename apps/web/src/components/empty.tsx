// What stands in the list's place while there is nothing in it.
import type { JSX } from 'preact'
import { isWaitingForPeers } from '../state-words.ts'
import { boardKeys, place, search, shownKeys, tab } from '../state.ts'

function NothingFound(): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">No counter has “{search.value.trim()}” in its name</p>
      <button type="button" class="button" onClick={() => (search.value = '')}>
        Show all
      </button>
    </div>
  )
}

/** Four strokes and one across: a tally, drawn faintly. */
export function Tally(): JSX.Element {
  return (
    <svg class="empty-tally" viewBox="0 0 120 64" aria-hidden="true">
      <path d="M16 8v48M38 8v48M60 8v48M82 8v48" />
      <path class="empty-tally-across" d="M4 50 98 14" />
    </svg>
  )
}

function FirstCounter(): JSX.Element {
  const { board } = place.value
  return (
    <div class="empty" data-testid="empty">
      <Tally />
      <p class="empty-title">Nothing counted yet</p>
      <p>
        Name the first counter of “{board}” above. It works with or without a network, and no count
        gets lost.
      </p>
    </div>
  )
}

export function Empty(): JSX.Element | null {
  if (shownKeys.value.length > 0) return null
  if (boardKeys.value.length === 0 && search.value.trim() === '') {
    if (isWaitingForPeers(tab.value)) return null
    return place.value.board === '' ? null : <FirstCounter />
  }
  return <NothingFound />
}
