// The whole page.
import type { JSX } from 'preact'
import { CounterList } from './components/counter-list.tsx'
import { Footer } from './components/footer.tsx'
import { LiveRegion } from './components/live-region.tsx'
import { Notices } from './components/notices.tsx'
import { StateLine } from './components/state-line.tsx'
import { Toolbar } from './components/toolbar.tsx'

export function App(): JSX.Element {
  return (
    <>
      <header class="header">
        <h1 class="wordmark">
          <img src="./icon.svg" alt="" width="28" height="28" />
          Tallymesh
        </h1>
        <StateLine />
      </header>
      <main>
        <Notices />
        <Toolbar />
        <CounterList />
      </main>
      <Footer />
      <LiveRegion />
    </>
  )
}
