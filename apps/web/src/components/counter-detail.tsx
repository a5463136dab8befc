// One counter in detail: who counted how much, and how it went. It has an address of its own.
import type { JSX } from 'preact'
import { closeDetail } from '../board/follow-place.ts'
import { boardOf, nameOf } from '../board/key.ts'
import { plural } from '../state-words.ts'
import { counters, place } from '../state.ts'
import { Controls } from './controls.tsx'
import { Dialog } from './dialog.tsx'
import { OverTime } from './over-time.tsx'
import { WhoCounted } from './who-counted.tsx'

function Detail({ counter }: { counter: string }): JSX.Element {
  const { ops } = counters.get(counter).value
  return (
    <>
      <div class="detail-count">
        <Controls counter={counter} />
        <p class="soft detail-ops">{plural(ops, 'increment', 'increments')} in all</p>
      </div>
      <OverTime counter={counter} />
      <WhoCounted counter={counter} />
    </>
  )
}

export function CounterDetail(): JSX.Element | null {
  const { detail } = place.value
  if (detail === undefined) return null
  const board = boardOf(detail)
  return (
    <Dialog
      key={detail}
      title={nameOf(detail)}
      {...(board === '' ? {} : { over: board })}
      kind="side"
      onClose={closeDetail}
    >
      <Detail counter={detail} />
    </Dialog>
  )
}
