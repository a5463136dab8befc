// How this tab stands, in one line of plain words.
import type { JSX } from 'preact'
import { stateWords } from '../state.ts'

export function StateLine(): JSX.Element {
  const { state, text } = stateWords.value
  return (
    <p class="state-line" data-testid="state" data-state={state}>
      <span class="state-dot" aria-hidden="true" />
      {text}
    </p>
  )
}
