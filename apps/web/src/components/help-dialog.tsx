// What the page does, and its keys.
import type { JSX } from 'preact'
import { setSingleKeys, singleKeys } from '../shortcuts.ts'
import { openDialog } from '../state.ts'
import { Dialog } from './dialog.tsx'

const onePress: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'search'],
  ['n', 'name a new counter'],
  ['u', 'undo the last tap; Ctrl Z does as well'],
  ['m', 'show the network'],
  ['o', 'take this tab off the network, or back on it'],
  ['?', 'this help'],
]

const onCounter: readonly (readonly [keys: string, does: string])[] = [
  ['← ↑ ↓ →', 'go to the next counter'],
  ['+ −', 'count on it'],
  ['a', 'type an amount; Enter adds it'],
  ['Shift Enter', 'on + or −: an amount for this one time'],
  ['Home End', 'first and last counter'],
]

function Keys({ rows }: { rows: typeof onePress }): JSX.Element {
  return (
    <dl class="keys">
      {rows.map(([keys, does]) => (
        <div key={keys}>
          <dt>
            {keys.split(' ').map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  )
}

export function HelpDialog(): JSX.Element | null {
  if (openDialog.value !== 'help') return null
  return (
    <Dialog title="Help" kind="small" onClose={() => (openDialog.value = undefined)}>
      <p>
        Every tab holds all counts itself. It counts with or without a network, and tabs and peers
        that can reach each other end with the same values. Press + or − longer, or with Shift, for
        any other amount. Undo counts the opposite; nothing is erased.
      </p>
      <h3>Keys</h3>
      <Keys rows={onePress} />
      <h3>Keys on a counter</h3>
      <Keys rows={onCounter} />
      <label class="check">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        Keys without Ctrl work anywhere on the page
      </label>
    </Dialog>
  )
}
