// A browser profile whose tabs, renderers and browsers end at any moment; what they stored stays.
import type { Page } from 'playwright-core'
import { Browser } from '../../support/browser.ts'
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'
import { within } from '../within.ts'

/** How a tab ends: closed by its user, or by the death of its process or of all processes. */
export type Ending = 'close' | 'renderer' | 'browser'

const CLOSE_MS = 20_000

interface Pids {
  readonly browser: number
  /** All of them: nothing says which is the page's. */
  readonly renderers: readonly number[]
}

/** Lists show only what is in view, and all of it is wanted. */
const HEIGHT = 8000

export class Profile implements AsyncDisposable {
  readonly #folder: TemporaryFolder
  #browser: Browser | undefined
  /** Of the page that is open, so that a kill need not ask first. Never kept beyond its end. */
  #pids: Pids | undefined

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder
  }

  static async create(): Promise<Profile> {
    return new Profile(await temporaryFolder())
  }

  async newPage(): Promise<Page> {
    this.#browser ??= await Browser.start({ profile: this.#folder.path, height: HEIGHT })
    return this.#browser.context.newPage()
  }

  /** Gets ready to kill at once, where a page is open and stays. */
  async aim(): Promise<void> {
    this.#pids = await this.#findPids()
  }

  /** A browser that does not get a page closed in time, as may be after a crash, is killed itself. */
  async end(page: Page, how: Ending): Promise<void> {
    try {
      if (how === 'browser') await this.#killBrowser()
      else await within(CLOSE_MS, 'a page is closed', this.#endPage(page, how))
    } catch (error) {
      console.error(`${how}: ${String(error)}; the browser is killed`)
      await this.#killBrowser()
    }
    this.#pids = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser?.[Symbol.asyncDispose]()
    await this.#folder[Symbol.asyncDispose]()
  }

  #endPage(page: Page, how: Ending): Promise<void> {
    return how === 'close' ? page.close() : this.#killRenderers(page)
  }

  async #killRenderers(page: Page): Promise<void> {
    const { renderers } = this.#pids ?? (await this.#findPids())
    const crashed = page.waitForEvent('crash')
    for (const pid of renderers) kill(pid)
    await crashed
    await page.close()
    // One that was kept in reserve would be the next page's, until the browser notices its death.
    const areGone = async (): Promise<boolean> => {
      const left = new Set((await this.#findPids()).renderers)
      return renderers.every((pid) => !left.has(pid))
    }
    await until('the killed renderers are gone', areGone)
  }

  async #killBrowser(): Promise<void> {
    const { browser } = this.#pids ?? (await this.#findPids())
    const closed = this.#browser!.context.waitForEvent('close')
    kill(browser)
    await closed
    this.#browser = undefined
  }

  async #findPids(): Promise<Pids> {
    const session = await this.#browser!.context.browser()!.newBrowserCDPSession()
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    await session.detach()
    const ids = (type: string) => processInfo.filter((each) => each.type === type)
    return { browser: ids('browser')[0]!.id, renderers: ids('renderer').map(({ id }) => id) }
  }
}

/** A process that was there a moment ago may have ended. */
const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
