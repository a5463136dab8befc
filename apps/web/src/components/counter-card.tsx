// One counter of the list: its name, its value, and the buttons that count.
import type { JSX } from 'preact'
import { openDetail } from '../board/follow-place.ts'
import { boardOf, nameOf } from '../board/key.ts'
import { detailLink } from '../board/place.ts'
import { place } from '../state.ts'
import { Controls } from './controls.tsx'
import { Icon } from './icon.tsx'

export interface CounterCardProps {
  /** Its key. */
  readonly counter: string
  /** Its number in the list, from 1, and how many there are: a screen reader can't count what is not there. */
  readonly position: number
  readonly count: number
  readonly left: number
  readonly top: number
  readonly width: number
}

/** The name on its board; on the start page, a search finds counters of other boards as well. */
function CardName({ counter }: { counter: string }): JSX.Element {
  const board = boardOf(counter)
  return (
    <a
      class="card-name"
      href={detailLink(counter)}
      data-testid="details"
      aria-label={`${nameOf(counter)}: details`}
      title={`Who counted how much, and when: ${counter}`}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        openDetail(counter)
      }}
    >
      <h3 dir="auto">
        {board !== place.value.board && <span class="card-board">{board} / </span>}
        {nameOf(counter)}
      </h3>
      <Icon name="forward" />
    </a>
  )
}

export function CounterCard(props: CounterCardProps): JSX.Element {
  const { counter, position, left, top, width } = props
  return (
    <li
      class="card"
      data-testid="counter"
      data-key={counter}
      aria-posinset={position}
      aria-setsize={props.count}
      style={{ transform: `translate(${left}px, ${top}px)`, width: `${width}px` }}
    >
      <CardName counter={counter} />
      <Controls counter={counter} />
    </li>
  )
}
