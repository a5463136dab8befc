// The board that is shown: its name, its total, and its link.
import type { JSX } from 'preact'
import { announceSoon } from '../announce.ts'
import { formatInteger, shortenInteger } from '../amount.ts'
import { message } from '../message.ts'
import { shareBoard } from '../share.ts'
import { plural } from '../state-words.ts'
import { counters, place } from '../state.ts'
import { Icon } from './icon.tsx'

/** A total of more characters is shown with its middle left out. */
const mostShown = 18

function Total({ board }: { board: string }): JSX.Element {
  const { total, keys } = counters.board(board)
  const text = formatInteger(total.value)
  return (
    <p class="total">
      <span class="total-label">Total of {plural(keys.value.length, 'counter', 'counters')}</span>
      <span
        class="total-value"
        data-testid="total"
        data-value={total.value}
        data-long={text.length > 11}
        title={text}
      >
        {shortenInteger(text, mostShown)}
      </span>
    </p>
  )
}

async function share(board: string): Promise<void> {
  const done = await shareBoard(board)
  if (done === undefined) return
  message.value = done
  announceSoon(done)
}

export function BoardHead(): JSX.Element {
  const { board } = place.value
  if (board === '') return <h1 class="visually-hidden">Tallymesh: all boards</h1>
  return (
    <div class="board-head">
      <a class="back" href="#">
        <Icon name="back" />
        All boards
      </a>
      <div class="board-title">
        <h1 dir="auto" title={board} data-testid="board">
          {board}
        </h1>
        <button type="button" class="button button-quiet" onClick={() => void share(board)}>
          <Icon name="share" />
          Share
        </button>
      </div>
      <Total board={board} />
    </div>
  )
}
