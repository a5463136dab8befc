// Who this tab is, and what can be relied on.
import type { JSX } from 'preact'
import { plural } from '../state-words.ts'
import { counters, opensOffline, tab } from '../state.ts'

function keeping(): string {
  if (tab.value.storage.condition === 'memory') return 'Kept by the peers only'
  return opensOffline.value
    ? 'Kept in this browser, and opens without a network'
    : 'Kept in this browser'
}

export function Footer(): JSX.Element {
  const { identity, namespace } = tab.value
  if (identity === null) return <footer class="footer" />
  const { replica } = identity
  return (
    <footer class="footer">
      <p>
        {plural(counters.keys.value.length, 'counter', 'counters')} in “{namespace}”
      </p>
      <p data-testid="offline-ready" data-ready={opensOffline.value}>
        {keeping()}
      </p>
      <p>
        This tab is replica{' '}
        <code data-testid="replica" data-replica={replica} title={replica}>
          …{replica.slice(-8)}
        </code>
      </p>
    </footer>
  )
}
