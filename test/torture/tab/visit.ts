// One opened page, from its first moment to its end.
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { Violation } from '../checker.ts'
import type { Increment } from '../ledger.ts'
import { within } from '../within.ts'
import type { Judge } from './judge.ts'
import type { Ending, Profile } from './profile.ts'
import type { PlannedIncrement, ShownCounter, Subject, TabReport } from './subject.ts'

/** A page that is well acknowledges something within this. */
const PROGRESS_MS = 60_000
const OPEN_MS = 60_000

const toPlanned = ({ counter, amount, requestId }: Increment, at: number): PlannedIncrement => ({
  at,
  key: counter.key,
  amount: `${amount}`,
  requestId,
})

export class Visit {
  readonly #profile: Profile
  readonly #subject: Subject
  readonly #judge: Judge
  readonly #page: Page
  readonly #broken = Promise.withResolvers<never>()
  #plan: readonly Increment[] = []
  #isEnding = false

  private constructor(profile: Profile, subject: Subject, judge: Judge, page: Page) {
    this.#profile = profile
    this.#subject = subject
    this.#judge = judge
    this.#page = page
    // Whoever waits for it hears of it as well.
    this.#broken.promise.catch(() => undefined)
  }

  /** Nothing is loaded yet. */
  static async begin(profile: Profile, subject: Subject, judge: Judge): Promise<Visit> {
    const visit = new Visit(profile, subject, judge, await profile.newPage())
    await visit.#page.exposeBinding('report', (_source, message: TabReport) => visit.#hear(message))
    return visit
  }

  /** @throws {Violation} if it does not open, or what the page holds can't be right */
  async open(): Promise<void> {
    const list = await within(OPEN_MS, 'the tab is open', this.#openAndList()).catch(
      (error: unknown) => {
        throw new Violation(`the tab does not open: ${String(error)}`)
      },
    )
    this.#judge.check(list)
    await this.#profile.aim()
  }

  /** Loads the page, and ends it after that time, wherever it is then. */
  async openFor(ms: number, how: Ending): Promise<void> {
    const opened = this.#subject.open(this.#page).catch(() => undefined)
    await pause(ms)
    await this.end(how)
    await opened
  }

  /**
   * Counts by the plan until that is enough.
   *
   * @throws {Violation}
   */
  async count(plan: readonly Increment[], enough: Promise<void>): Promise<void> {
    this.#plan = plan
    this.#subject
      .count(this.#page, plan.map(toPlanned))
      // The page may go in the middle of it.
      .catch((error: unknown) => this.#isEnding || this.#broken.reject(error))
    const what = 'the tab acknowledges increments'
    await within(PROGRESS_MS, what, Promise.race([enough, this.#broken.promise])).catch(
      (error: unknown) => {
        throw error instanceof Violation ? error : new Violation(String(error))
      },
    )
  }

  /** @throws {Violation} what a report has shown since it was last waited for */
  async end(how: Ending): Promise<void> {
    this.#isEnding = true
    await Promise.race([this.#profile.end(this.#page, how), this.#broken.promise])
  }

  async #openAndList(): Promise<readonly ShownCounter[]> {
    await this.#subject.open(this.#page)
    return this.#subject.list(this.#page)
  }

  #hear(message: TabReport): void {
    // A page that is being closed refuses what it can't write any more.
    if (this.#isEnding && 'error' in message) return
    try {
      this.#judge.take(message, this.#plan)
    } catch (error) {
      this.#broken.reject(error)
    }
  }
}
