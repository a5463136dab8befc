// Tabs that are nothing but replicas, in a real browser, as a test drives them.
import { fileURLToPath } from 'node:url'
import type { Page as BrowserPage } from 'playwright-core'
import type { TabLink, TabState } from '../../apps/web/src/replica/tab-state.ts'
import type { Browser } from '../support/browser.ts'
import { PageServer } from '../support/page-server.ts'
import type { PeerProcess } from '../support/peer-process.ts'
import { until } from '../support/until.ts'
import type { Page } from './page.ts'

declare const page: Page

const entry = fileURLToPath(new URL('page.ts', import.meta.url))

/** What a peer tells its page of where to meet it. */
export interface MeetingPlace {
  readonly namespace: string
  readonly listen: readonly string[]
  readonly members: readonly string[]
}

export async function meetingPlaceOf({ http }: PeerProcess): Promise<MeetingPlace> {
  return (await (await fetch(`${http}/page.json`)).json()) as MeetingPlace
}

/** Serves bare tabs, as `peer` would serve its page. */
export async function serveBareTabs(peer: PeerProcess): Promise<PageServer> {
  const server = await PageServer.start(entry)
  server.peer = await meetingPlaceOf(peer)
  return server
}

const databaseOf = (number: number): string => `tallymesh/default/${number}`

export class BareTab {
  readonly page: BrowserPage
  readonly errors: Error[] = []

  private constructor(opened: BrowserPage) {
    this.page = opened
    opened.on('pageerror', (error) => this.errors.push(error))
  }

  static async open(browser: Browser, url: string): Promise<BareTab> {
    const tab = new BareTab(await browser.context.newPage())
    await tab.page.goto(url)
    await tab.ready()
    return tab
  }

  /** Ends its process, as when memory runs out; other tabs may be in it and go too. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash')
    const session = await this.page.context().newCDPSession(this.page)
    // It does not live to answer.
    session.send('Page.crash').catch(() => undefined)
    await crashed
    await this.page.close()
  }

  /** Leaves its code no turn, as a long computation would. Resolves to what ends that. */
  async keepBusy(): Promise<() => Promise<void>> {
    const session = await this.page.context().newCDPSession(this.page)
    await session.send('Debugger.enable')
    const stopped = new Promise((resolve) => session.once('Debugger.paused', resolve))
    // It is answered only when the code goes on.
    session.send('Runtime.evaluate', { expression: 'debugger' }).catch(() => undefined)
    await stopped
    return async () => {
      await session.send('Debugger.resume')
      await session.detach()
    }
  }

  /** Waits until it counts. */
  async ready(): Promise<void> {
    await this.page.waitForFunction(() => 'page' in globalThis)
    await this.untilState('it runs', ({ phase }) => phase === 'running')
  }

  state(): Promise<TabState> {
    return this.page.evaluate(() => page.state())
  }

  /** The new value in decimal, or the code of an error. */
  count(key: string, amount = 1): Promise<string> {
    return this.page.evaluate((planned) => page.count(...planned), [key, amount] as const)
  }

  /** Counts, and tells what waits to be sent at the very moment that it counted. */
  unsentOnCounting(key: string): Promise<number> {
    return this.page.evaluate(async (counted) => {
      await page.count(counted, 1)
      return page.state().unsent
    }, key)
  }

  value(key: string): Promise<string> {
    return this.page.evaluate((asked) => page.value(asked), key)
  }

  setOffline(offline: boolean): Promise<void> {
    return this.page.evaluate((to) => page.setOffline(to), offline)
  }

  /** Raises the lease of an identity, as a tab does that takes it. */
  takeLease(number: number): Promise<void> {
    return this.page.evaluate(async (name) => {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name)
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error))
      })
      await new Promise((resolve) => {
        const transaction = db.transaction('lease', 'readwrite')
        transaction.addEventListener('complete', resolve)
        const lease = transaction.objectStore('lease')
        const held = lease.get('lease')
        held.addEventListener('success', () => {
          lease.put({ ...held.result, number: held.result.number + 1 }, 'lease')
        })
      })
      db.close()
    }, databaseOf(number))
  }

  deleteDatabase(number: number): Promise<void> {
    return this.page.evaluate(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.deleteDatabase(name)
          request.addEventListener('success', () => resolve())
          request.addEventListener('error', () => reject(request.error))
        }),
      databaseOf(number),
    )
  }

  async untilState(what: string, holds: (state: TabState) => boolean): Promise<TabState> {
    return until(what, async () => {
      const state = await this.state()
      return holds(state) && state
    })
  }

  async untilValue(key: string, value: number): Promise<void> {
    await until(`${key} is ${value}`, async () => (await this.value(key)) === `${value}`)
  }

  /** Waits until it has so many links of a kind. */
  async untilLinked(via: TabLink['via'], count = 1): Promise<void> {
    await this.untilState(`${count} by ${via}`, ({ links }) => {
      return links.filter((link) => link.via === via).length >= count
    })
  }
}
