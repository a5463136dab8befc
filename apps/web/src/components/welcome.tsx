// The start page where nothing was ever counted: what this is, and the two ways to begin.
import type { JSX } from 'preact'
import { isWaitingForPeers } from '../state-words.ts'
import { tab } from '../state.ts'
import { AddCounter } from './add-counter.tsx'
import { OpenBoard } from './boards.tsx'
import { Tally } from './empty.tsx'

export function Welcome(): JSX.Element {
  const isEmpty = !isWaitingForPeers(tab.value)
  return (
    <section class="welcome" data-testid={isEmpty ? 'empty' : undefined}>
      <Tally />
      <h2>Count together, even offline</h2>
      <p>
        A board is a page of counters with a link of its own. Whoever opens the link counts on it,
        and who is cut off counts on: all end with the same values, and no count gets lost.
      </p>
      <OpenBoard />
      <p>or name a counter that needs no board</p>
      <AddCounter />
    </section>
  )
}
