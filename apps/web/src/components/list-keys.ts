// Keys in the list: arrows go from counter to counter, + and − count on the one in focus.
import { positions, shownKeys, type Wanted, wanted } from '../state.ts'

const controls: readonly string[] = ['plus', 'minus', 'amount', 'details']

const controlOf = (target: Element): Wanted['control'] => {
  const id = target.closest('[data-testid]')?.getAttribute('data-testid') ?? ''
  return controls.includes(id) ? (id as Wanted['control']) : 'plus'
}

/** How many counters on, in a list of so many columns; undefined for keys that do not move. */
export function stepOf(key: string, columns: number, isField: boolean): number | undefined {
  if (key === 'ArrowDown') return columns
  if (key === 'ArrowUp') return -columns
  // In a field they move the caret.
  if (isField) return undefined
  if (key === 'ArrowRight') return 1
  if (key === 'ArrowLeft') return -1
  if (key === 'Home') return -Infinity
  return key === 'End' ? Infinity : undefined
}

/** Where a step leads; undefined where it would leave the list, but from either end to the end itself. */
export function landing(from: number, step: number, count: number): number | undefined {
  if (!Number.isFinite(step)) return step > 0 ? count - 1 : 0
  const to = from + step
  return to < 0 || to >= count ? undefined : to
}

function press(card: Element, button: 'plus' | 'minus'): void {
  card.querySelector<HTMLElement>(`[data-testid=${button}]`)?.click()
}

/** At once where the counter is in the document, so that the next key is for it; else by scrolling there. */
function go(from: Element, to: Wanted): void {
  const found = from.parentElement?.querySelector(`[data-key="${CSS.escape(to.key)}"]`)
  const control = found?.querySelector<HTMLElement>(`[data-testid=${to.control}]`)
  if (control) control.focus()
  else wanted.value = to
}

export function onListKey(event: KeyboardEvent, columns: number): void {
  const { target } = event
  if (!(target instanceof Element) || event.ctrlKey || event.metaKey || event.altKey) return
  const card = target.closest('[data-key]')
  const from = positions.peek().get(card?.getAttribute('data-key') ?? '')
  if (card === null || from === undefined) return
  const isField = target instanceof HTMLInputElement
  const step = stepOf(event.key, columns, isField)
  if (step !== undefined) {
    event.preventDefault()
    const keys = shownKeys.peek()
    const to = landing(from, step, keys.length)
    const key = to === undefined ? undefined : keys[to]
    if (key !== undefined) go(card, { key, control: controlOf(target) })
  } else if (!isField && (event.key === '+' || event.key === '=')) press(card, 'plus')
  else if (!isField && (event.key === '-' || event.key === '−')) press(card, 'minus')
  else if (!isField && event.key === 'a') {
    event.preventDefault()
    card.querySelector<HTMLInputElement>('[data-testid=amount]')?.select()
  }
}
