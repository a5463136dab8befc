// A page that is nothing but a replica: each increment reports when its promise resolves.
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { PageServer } from '../../support/page-server.ts'
import { NAMES } from '../ledger.ts'
import type { Page as InPage } from './page.ts'
import type { Ending } from './profile.ts'
import type { PlannedIncrement, ShownCounter, Subject } from './subject.ts'

declare const page: InPage

export class ReplicaPage implements Subject {
  readonly names = NAMES
  readonly requestIds = true
  /** Killed browsers take a second or two to start again, so fewer of those. */
  readonly endings: readonly Ending[] = [
    'close',
    'close',
    'renderer',
    'renderer',
    'renderer',
    'browser',
  ]
  readonly #server: PageServer

  private constructor(server: PageServer) {
    this.#server = server
  }

  static async start(): Promise<ReplicaPage> {
    const entry = fileURLToPath(new URL('page.ts', import.meta.url))
    return new ReplicaPage(await PageServer.start(entry))
  }

  async open(tab: Page): Promise<void> {
    await tab.goto(this.#server.url)
    await tab.waitForFunction(() => 'page' in globalThis)
    await tab.evaluate(() => page.opened.then(() => undefined))
  }

  count(tab: Page, plan: readonly PlannedIncrement[]): Promise<void> {
    return tab.evaluate((increments) => page.count(increments), plan)
  }

  list(tab: Page): Promise<readonly ShownCounter[]> {
    return tab.evaluate(() => page.list())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}
