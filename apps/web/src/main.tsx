// The entry of the page: paint first, then open the replica.
import { render } from 'preact'
import { App } from './app.tsx'
import { keepPageOffline } from './page-cache.ts'
import { learn } from './state.ts'
import './styles.css'

async function start(): Promise<void> {
  try {
    const { startReplica } = await import('./replica.ts')
    await startReplica()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    learn({ phase: 'failed', failure: `This tab could not start: ${reason}` })
  }
}

/** A page that comes back from the browser's cache was frozen for who knows how long: begin anew. */
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})

const root = document.querySelector('#app')
if (root !== null) render(<App />, root)
requestAnimationFrame(() => setTimeout(() => void start()))
void keepPageOffline()
