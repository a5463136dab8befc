// The whole page.
import type { JSX } from 'preact'
import { BoardHead } from './components/board-head.tsx'
import { Boards } from './components/boards.tsx'
import { BottomBar } from './components/bottom-bar.tsx'
import { CounterDetail } from './components/counter-detail.tsx'
import { CounterList } from './components/counter-list.tsx'
import { Footer } from './components/footer.tsx'
import { Header } from './components/header.tsx'
import { HelpDialog } from './components/help-dialog.tsx'
import { LiveRegion } from './components/live-region.tsx'
import { NetworkDialog } from './components/network-dialog.tsx'
import { Notices } from './components/notices.tsx'
import { Toolbar } from './components/toolbar.tsx'

export function App(): JSX.Element {
  return (
    <>
      <Header />
      <main>
        <Notices />
        <BoardHead />
        <Boards />
        <Toolbar />
        <CounterList />
      </main>
      <Footer />
      <BottomBar />
      <CounterDetail />
      <NetworkDialog />
      <HelpDialog />
      <LiveRegion />
    </>
  )
}
