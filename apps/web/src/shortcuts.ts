// Single keys that work anywhere on the page, but in a field. They can be switched off: speech input and
// slips of the hand press single keys as well (WCAG 2.1.4).
import { type Signal, signal } from '@preact/signals'
import { undoLastTap } from './count.ts'
import { message } from './message.ts'
import { setOffline } from './offline.ts'
import { openDialog, place, tab } from './state.ts'

const memory = 'tallymesh/single-keys'

function remembered(): boolean {
  try {
    return localStorage.getItem(memory) !== 'off'
  } catch {
    return true
  }
}

export const singleKeys: Signal<boolean> = signal(remembered())

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on
  try {
    localStorage.setItem(memory, on ? 'on' : 'off')
  } catch {
    // For this visit, then.
  }
}

async function undo(): Promise<void> {
  const problem = await undoLastTap()
  if (problem !== undefined) message.value = problem
}

function focusOn(testid: string): void {
  document.querySelector<HTMLElement>(`[data-testid=${testid}]`)?.focus()
}

const actions: Readonly<Record<string, () => void>> = {
  '/': () => focusOn('search'),
  n: () => focusOn('new-name'),
  u: () => void undo(),
  m: () => (openDialog.value = 'network'),
  o: () => tab.peek().phase === 'running' && void setOffline(!tab.peek().offline),
  '?': () => (openDialog.value = 'help'),
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || isField(event.target)) return
  if ((event.ctrlKey || event.metaKey) && event.key === 'z') {
    event.preventDefault()
    return void undo()
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys.peek()) return
  if (openDialog.peek() !== undefined || place.peek().detail !== undefined) return
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined
  if (action === undefined) return
  event.preventDefault()
  action()
}

export function followKeys(): void {
  addEventListener('keydown', onKey)
}
