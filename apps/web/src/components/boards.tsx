// The start page: the boards that there are, and a field to open another.
import type { JSX } from 'preact'
import { formatInteger, shortenInteger } from '../amount.ts'
import { openBoard } from '../board/follow-place.ts'
import { boardLink } from '../board/place.ts'
import { parseBoard } from '../counter-name.ts'
import { plural } from '../state-words.ts'
import { counters, place, search } from '../state.ts'
import { NameForm } from './name-form.tsx'

/** Boards shown at once; the others are found by their name. */
const mostBoards = 48

function BoardCard({ name }: { name: string }): JSX.Element {
  const { keys, total } = counters.board(name)
  const value = formatInteger(total.value)
  return (
    <li>
      <a class="board-card" href={boardLink(name)} data-testid="board-card">
        <span class="board-card-name" dir="auto">
          {name}
        </span>
        <span class="board-card-total" title={value}>
          {shortenInteger(value, 11)}
        </span>
        <span class="board-card-count">{plural(keys.value.length, 'counter', 'counters')}</span>
      </a>
    </li>
  )
}

export function OpenBoard(): JSX.Element {
  return (
    <NameForm
      class="open-board"
      label="Name of a board"
      placeholder="Open a board, such as lobby"
      button="Open"
      enterKeyHint="go"
      testIds={{ field: 'board-name', button: 'open-board', problem: 'board-problem' }}
      submit={(name) => {
        const { board, problem } = parseBoard(name)
        if (board !== undefined) openBoard(board)
        return problem
      }}
    />
  )
}

export function Boards(): JSX.Element | null {
  if (place.value.board !== '' || counters.keys.value.length === 0) return null
  const wanted = search.value.trim().toLocaleLowerCase()
  const names = counters.boardNames.value.filter((name) =>
    name.toLocaleLowerCase().includes(wanted),
  )
  return (
    <section class="boards" aria-label="Boards">
      <div class="section-head">
        <div>
          <h2>Boards</h2>
          <p>A page of counters with a link to share.</p>
        </div>
        <OpenBoard />
      </div>
      {names.length > 0 && (
        <ul class="board-cards">
          {names.slice(0, mostBoards).map((name) => (
            <BoardCard key={name} name={name} />
          ))}
        </ul>
      )}
      {names.length > mostBoards && (
        <p class="soft">
          {plural(names.length - mostBoards, 'more board', 'more boards')}: search by name.
        </p>
      )}
    </section>
  )
}
