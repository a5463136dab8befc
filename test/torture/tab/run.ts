// One run in a browser: a tab counts, is ended at a random moment, opened again, and counted up.
import { setTimeout as pause } from 'node:timers/promises'
import { SeededRandom } from '../../sim/random.ts'
import { Violation } from '../checker.ts'
import { type Increment, Ledger } from '../ledger.ts'
import { Judge } from './judge.ts'
import { type Ending, Profile } from './profile.ts'
import type { Subject } from './subject.ts'
import { Visit } from './visit.ts'

export interface TabRunOptions {
  readonly rounds: number
  readonly seed: number
}

export interface TabRunResult {
  readonly lines: readonly string[]
  /** In words; undefined where all promises were kept. */
  readonly violation: string | undefined
}

const MOST_ACKNOWLEDGED = 100
const MOST_THEN_MS = 10
/** More than is acknowledged by then, so that the end comes in the middle. */
const PLANNED_BEYOND = 60
const WITH_REQUEST_ID = 0.5
/** Rounds in which a page is ended before it is open, besides. */
const EARLY = 0.3

class TabRun {
  readonly #ledger: Ledger
  readonly #judge: Judge
  readonly #subject: Subject
  readonly #profile: Profile
  readonly #random: SeededRandom
  readonly #endings: Record<Ending, number> = { close: 0, renderer: 0, browser: 0 }
  #early = 0
  #sentAgain = 0
  #requests = 0
  #openMs = 500

  constructor(subject: Subject, profile: Profile, random: SeededRandom) {
    this.#ledger = new Ledger(subject.names)
    this.#judge = new Judge(this.#ledger)
    this.#subject = subject
    this.#profile = profile
    this.#random = random
  }

  /** @throws {Violation} */
  async rounds(count: number, onRound: (done: number) => void): Promise<void> {
    let visit = await this.#open()
    let open: readonly Increment[] = []
    for (let done = 1; done <= count; done++) {
      const plan = [...this.#sendAgain(open), ...this.#plan()]
      await this.#countIn(visit, plan)
      open = plan.filter(({ outcome }) => outcome === 'open')
      for (const increment of open) this.#ledger.giveUp([increment])
      if (this.#random.chance(EARLY)) await this.#openBriefly()
      visit = await this.#open()
      onRound(done)
    }
    await visit.end('close')
  }

  lines(): string[] {
    const { close, renderer, browser } = this.#endings
    return [
      `${close} pages closed, ${renderer} renderers killed, ${browser} browsers killed` +
        ` (${this.#early} before the page was open)`,
      `${this.#ledger.acknowledged} increments acknowledged, ${this.#sentAgain} requests sent again in the next page`,
    ]
  }

  async #open(): Promise<Visit> {
    const startedAt = performance.now()
    const visit = await this.#begin()
    await visit.open()
    this.#openMs = performance.now() - startedAt
    return visit
  }

  async #openBriefly(): Promise<void> {
    const visit = await this.#begin()
    this.#early++
    await visit.openFor(this.#random.between(0, this.#openMs), this.#chooseEnding())
  }

  #begin(): Promise<Visit> {
    return Visit.begin(this.#profile, this.#subject, this.#judge)
  }

  async #countIn(visit: Visit, plan: readonly Increment[]): Promise<void> {
    await visit.count(plan, this.#ledger.untilAcknowledged(plan.length - PLANNED_BEYOND))
    await pause(this.#random.between(0, MOST_THEN_MS))
    await visit.end(this.#chooseEnding())
  }

  #chooseEnding(): Ending {
    const how = this.#random.pick(this.#subject.endings)
    this.#endings[how]++
    return how
  }

  /** What has a request id may be sent again, and counts once. */
  #sendAgain(increments: readonly Increment[]): Increment[] {
    const again = increments.filter(({ requestId }) => requestId !== undefined)
    for (const increment of again) this.#ledger.reopen(increment)
    this.#sentAgain += again.length
    return again
  }

  #plan(): Increment[] {
    // Short ones are as likely as long ones.
    const length = PLANNED_BEYOND + Math.round(MOST_ACKNOWLEDGED ** this.#random.next())
    return Array.from({ length }, () => {
      const hasId = this.#subject.requestIds && this.#random.chance(WITH_REQUEST_ID)
      const choice = this.#random.int(0, this.#ledger.choices - 1)
      return this.#ledger.take(choice, hasId ? `tab/${this.#requests++}` : undefined)
    })
  }
}

/** The subject stays open. */
export const tortureTab = async (
  subject: Subject,
  { rounds, seed }: TabRunOptions,
  onRound: (done: number) => void = () => undefined,
): Promise<TabRunResult> => {
  await using profile = await Profile.create()
  const run = new TabRun(subject, profile, new SeededRandom(`torture of a tab ${seed}`))
  try {
    await run.rounds(rounds, onRound)
    return { lines: run.lines(), violation: undefined }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return { lines: run.lines(), violation: error.message }
  }
}
