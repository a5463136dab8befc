// The web app, as a person uses it, with its peer gone: what it shows may not be forgotten.
//
// The page is fed by its own fields and buttons, faster than any person is. It has no promise to show
// when an increment is durable, but it shows the new value then, and not before.
import type { Page } from 'playwright-core'
import { PeerProcess } from '../../support/peer-process.ts'
import { Tab } from '../../support/tab.ts'
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts'
import type { Ending } from './profile.ts'
import type { PlannedIncrement, ShownCounter, Subject, TabReport } from './subject.ts'

declare const report: (message: TabReport) => void

const NAMES = ['apples', 'pears', 'plums', 'figs']
const FIRST_KEY = `${NAMES[0]} 0`

/** Runs in the page. Their numbers of increments are left out: adding a counter is one more. */
const readCards = (): ShownCounter[] =>
  [...document.querySelectorAll<HTMLElement>('[data-testid=counter]')].map((card) => ({
    key: card.dataset['key']!,
    value: card.querySelector<HTMLElement>('[data-testid=value]')!.dataset['value']!,
  }))

/** Runs in the page: tells each value that is shown, the moment it is. */
const watchCards = (): void => {
  const tell = (cards: Iterable<HTMLElement>): void => {
    for (const card of cards) {
      const value = card.querySelector<HTMLElement>('[data-testid=value]')!.dataset['value']!
      report({ key: card.dataset['key']!, value })
    }
  }
  new MutationObserver((records) => {
    const cards = records.map(({ target }) =>
      (target as Element).closest<HTMLElement>('[data-testid=counter]'),
    )
    tell(new Set(cards.filter((card) => card !== null)))
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-value'] })
}

/** Runs in the page: types each amount, and clicks. */
const clickThrough = async (plan: readonly PlannedIncrement[]): Promise<void> => {
  for (const { key, amount } of plan) {
    const card = document.querySelector(`[data-key=${JSON.stringify(key)}]`)!
    const field = card.querySelector<HTMLInputElement>('[data-testid=amount]')!
    field.value = amount
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    card.querySelector<HTMLElement>('[data-testid=plus]')!.click()
    // Between two clicks, the page gets to do what it has to.
    await new Promise((resolve) => setTimeout(resolve))
  }
}

export class AppPage implements Subject {
  readonly names = NAMES
  readonly requestIds = false
  readonly endings: readonly Ending[] = ['close', 'renderer', 'renderer', 'browser']
  readonly #data: TemporaryFolder
  readonly #peer: PeerProcess
  #isAlone = false

  private constructor(data: TemporaryFolder, peer: PeerProcess) {
    this.#data = data
    this.#peer = peer
  }

  /** The page has to be built. */
  static async start(): Promise<AppPage> {
    const data = await temporaryFolder()
    try {
      return new AppPage(data, await PeerProcess.start({ data: data.path }))
    } catch (error) {
      await data[Symbol.asyncDispose]()
      throw error
    }
  }

  async open(page: Page): Promise<void> {
    const tab = new Tab(page)
    await page.goto(`${this.#peer.http}/`)
    await tab.replica()
    if (!this.#isAlone) await this.#leaveAlone(tab)
    await tab.card(FIRST_KEY).waitFor()
    await page.evaluate(watchCards)
  }

  async count(page: Page, plan: readonly PlannedIncrement[]): Promise<void> {
    const tab = new Tab(page)
    for (const key of new Set(plan.map((planned) => planned.key)))
      if ((await tab.card(key).count()) === 0) await tab.add(key)
    await page.evaluate(clickThrough, plan)
  }

  list(page: Page): Promise<readonly ShownCounter[]> {
    return page.evaluate(readCards)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer.kill()
    await this.#data[Symbol.asyncDispose]()
  }

  /** Before anything is counted. A peer that holds the tab's increments would hide that the tab lost them. */
  async #leaveAlone(tab: Tab): Promise<void> {
    await tab.untilKeptOffline()
    await this.#peer.kill()
    await tab.untilState('offline')
    await tab.add(FIRST_KEY)
    this.#isAlone = true
  }
}
