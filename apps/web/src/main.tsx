// The entry of the page: paint first, then open the replica.
import { render } from 'preact'
import { App } from './app.tsx'
import { followPlace } from './board/follow-place.ts'
import { followReplica } from './follow-replica.ts'
import { guardUnsent } from './guard-unsent.ts'
import { keepPageOffline } from './page-cache.ts'
import { followKeys } from './shortcuts.ts'
import { tab } from './state.ts'
import './styles/base.css'
import './styles/header.css'
import './styles/board.css'
import './styles/card.css'
import './styles/dialog.css'
import './styles/network.css'

async function start(): Promise<void> {
  try {
    const { startTabReplica } = await import('./replica/tab-replica.ts')
    followReplica(startTabReplica())
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const failure = `This tab could not start: ${reason}`
    tab.value = { ...tab.peek(), phase: 'failed', failure }
  }
}

/** A page that comes back from the browser's cache was frozen for who knows how long: begin anew. */
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})

followPlace()
followKeys()
guardUnsent()
const root = document.querySelector('#app')
if (root !== null) render(<App />, root)
requestAnimationFrame(() => setTimeout(() => void start()))
void keepPageOffline()
