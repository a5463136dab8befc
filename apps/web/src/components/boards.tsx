// The start page: the boards that there are, and a field to open another.
import { useSignal } from '@preact/signals'
import type { JSX, TargetedEvent } from 'preact'
import { useId } from 'preact/hooks'
import { formatInteger, shortenInteger } from '../amount.ts'
import { openBoard } from '../board/follow-place.ts'
import { boardLink } from '../board/place.ts'
import { parseBoard } from '../counter-name.ts'
import { plural } from '../state-words.ts'
import { counters, place, search } from '../state.ts'

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
  const name = useSignal('')
  const problem = useSignal<string | undefined>(undefined)
  const id = useId()
  const submit = (event: TargetedEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const parsed = parseBoard(name.peek())
    problem.value = parsed.problem
    if (parsed.board !== undefined) openBoard(parsed.board)
  }
  return (
    <form class="field open-board" onSubmit={submit}>
      <label for={id} class="visually-hidden">
        Name of a board
      </label>
      <div class="joined">
        <input
          id={id}
          type="text"
          dir="auto"
          placeholder="Open a board, such as lobby"
          autocomplete="off"
          autocapitalize="none"
          enterkeyhint="go"
          data-testid="board-name"
          value={name.value}
          aria-invalid={problem.value !== undefined}
          aria-describedby={`${id}-problem`}
          onInput={(event) => {
            name.value = event.currentTarget.value
            problem.value = undefined
          }}
        />
        <button type="submit" class="button button-main" data-testid="open-board">
          Open
        </button>
      </div>
      <p id={`${id}-problem`} class="problem" role="alert">
        {problem.value}
      </p>
    </form>
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
