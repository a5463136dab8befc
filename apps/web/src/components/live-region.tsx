// What a screen reader says unasked: the outcome of one's own taps, and a turn in the tab's state.
// Counts that come from elsewhere are not read out: they may come many times a second.
import { effect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { announceSoon } from '../announce.ts'
import { announcement, stateWords } from '../state.ts'

/** In sync, sending, in sync again: only a turn of the state itself is worth a word. */
function announceTurns(): () => void {
  let last = stateWords.peek().state
  return effect(() => {
    const { state, text } = stateWords.value
    if (state === last) return
    last = state
    announceSoon(text)
  })
}

export function LiveRegion(): JSX.Element {
  useEffect(announceTurns, [])
  return (
    <div class="visually-hidden" role="status">
      {announcement.value}
    </div>
  )
}
