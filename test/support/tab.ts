// The page as a test sees and uses it.
import type { Locator, Page } from 'playwright-core'
import { until } from './until.ts'

/** A tab that missed an announcement of another hears the next one within half a minute. */
const WITHIN_MS = 60_000

export class Tab {
  readonly page: Page
  /** Errors that nothing on the page caught. */
  readonly errors: Error[] = []

  constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.errors.push(error))
  }

  card(key: string): Locator {
    return this.page.locator(`[data-key=${JSON.stringify(key)}]`)
  }

  /** `key` is the key that the name makes on the board that is shown; the name itself if left out. */
  async add(name: string, key: string = name): Promise<void> {
    await this.page.getByTestId('new-name').fill(name)
    await this.page.getByTestId('add').click()
    await this.card(key).waitFor()
  }

  async plus(key: string): Promise<void> {
    await this.card(key).getByTestId('plus').click()
  }

  async minus(key: string): Promise<void> {
    await this.card(key).getByTestId('minus').click()
  }

  async typeAmount(key: string, amount: string): Promise<void> {
    await this.card(key).getByTestId('amount').fill(amount)
  }

  /** Waits until the page shows this value. */
  async untilValue(key: string, value: bigint): Promise<void> {
    const shown = this.card(key).locator(`[data-testid=value][data-value="${value}"]`)
    await shown.waitFor({ timeout: WITHIN_MS })
  }

  /** Waits until the page shows more than this. */
  async untilValueAbove(key: string, least: bigint): Promise<void> {
    await until(`${key} is above ${least}`, async () => {
      const shown = this.card(key).getByTestId('value')
      return (await shown.count()) > 0 && (await this.value(key)) > least
    })
  }

  async value(key: string): Promise<bigint> {
    return BigInt((await this.card(key).getByTestId('value').getAttribute('data-value')) ?? 'none')
  }

  async problem(key: string): Promise<string | null> {
    return this.card(key).getByTestId('problem').textContent()
  }

  /** Waits until the state line is in this state, and returns its words. */
  async untilState(state: string): Promise<string> {
    const line = this.page.locator(`[data-testid=state][data-state=${state}]`)
    await line.waitFor({ timeout: WITHIN_MS })
    return (await line.textContent()) ?? ''
  }

  /** Waits until the page's line about its state says this: it may say something else for a moment. */
  async untilItSays(words: string): Promise<void> {
    await this.page.getByTestId('state').filter({ hasText: words }).waitFor({ timeout: WITHIN_MS })
  }

  /** Waits until peers are known to hold all that this tab holds, and it all that they hold. */
  async untilInSync(): Promise<void> {
    const inSync = this.page.locator('[data-testid=state][data-in-sync=true]')
    await inSync.waitFor({ timeout: WITHIN_MS })
  }

  /** The switch in the header. */
  get networkSwitch(): Locator {
    return this.page.getByRole('banner').getByRole('switch', { name: 'Network' })
  }

  /** The replica's id; waits until there is one. */
  async replica(): Promise<string> {
    const shown = this.page.getByTestId('replica')
    return (await shown.getAttribute('data-replica')) ?? ''
  }

  /** Waits until the page would open with its peer down. */
  async untilKeptOffline(): Promise<void> {
    await this.page.locator('[data-testid=offline-ready][data-ready=true]').waitFor()
  }
}
