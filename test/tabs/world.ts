// One peer, a browser, and a server of bare tabs between them.
import { Browser } from '../support/browser.ts'
import type { PageServer } from '../support/page-server.ts'
import { PeerProcess } from '../support/peer-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { BareTab, serveBareTabs } from './bare-tab.ts'

export class TabWorld implements AsyncDisposable {
  readonly #resources: AsyncDisposableStack
  /** Of the peer. */
  readonly data: string
  readonly peer: PeerProcess
  readonly server: PageServer
  readonly browser: Browser

  private constructor(
    resources: AsyncDisposableStack,
    { data, peer, server, browser }: Pick<TabWorld, 'data' | 'peer' | 'server' | 'browser'>,
  ) {
    this.#resources = resources
    this.data = data
    this.peer = peer
    this.server = server
    this.browser = browser
  }

  static async start(): Promise<TabWorld> {
    await using starting = new AsyncDisposableStack()
    const { path: data } = starting.use(await temporaryFolder())
    const peer = starting.use(await PeerProcess.start({ data }))
    const server = starting.use(await serveBareTabs(peer))
    const browser = starting.use(await Browser.start())
    return new TabWorld(starting.move(), { data, peer, server, browser })
  }

  openTab(): Promise<BareTab> {
    return BareTab.open(this.browser, this.server.url)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}
