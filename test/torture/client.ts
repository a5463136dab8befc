// A client under way: one call after the other, to any of the peers, and what came of each.
import { setTimeout as pause } from 'node:timers/promises'
import type { SeededRandom } from '../sim/random.ts'
import { Violation } from './checker.ts'
import { unitOf } from './digits.ts'
import type { Gate } from './gate.ts'
import type { History } from './history.ts'
import type { Increment, Ledger } from './ledger.ts'
import type { Report } from './report.ts'
import {
  type Asked,
  get,
  increment,
  incrementAll,
  type Incremented,
  isAnswer,
  type Item,
} from './requests.ts'
import type { Shown } from './shown.ts'

/** A peer as clients know it, whether it runs or not. */
export interface Target {
  /** Base URL, without a slash at the end. */
  readonly http: string
  readonly shown: Shown
}

/** What all clients of a run share. */
export interface Scene {
  readonly targets: readonly Target[]
  readonly ledger: Ledger
  readonly history: History
  readonly report: Report
  readonly gate: Gate
}

/** Calls of each kind, of all. */
const READS = 0.15
const REPEATS = 0.05
const WITH_REQUEST_ID = 0.5
const BATCHES = 0.2
const LONGEST_BATCH = 8

/** A client that was refused waits up to this long, and twice as long the next time. */
const FIRST_WAIT_MS = 5
const LONGEST_WAIT_MS = 300

/** Requests that are kept to be sent again long after their answer. */
const KEPT_ANSWERS = 50

interface Answered {
  readonly increment: Increment
  readonly target: Target
}

/** What a client saw last, it repeats and retries from. */
export class Client {
  readonly #name: string
  readonly #scene: Scene
  readonly #random: SeededRandom
  readonly #answered: Answered[] = []
  #requests = 0
  #failures = 0
  #stopped = false

  constructor(name: string, scene: Scene, random: SeededRandom) {
    this.#name = name
    this.#scene = scene
    this.#random = random
  }

  /** @throws {Violation} with the first answer that can't be right */
  async run(): Promise<void> {
    while (!this.#stopped) await this.#scene.gate.pass(() => this.#call())
  }

  /** After the call that is under way. */
  stop(): void {
    this.#stopped = true
  }

  async #call(): Promise<void> {
    if (this.#stopped) return
    const kind = this.#random.next()
    if (kind < READS) await this.#read()
    else if (kind < READS + REPEATS && this.#answered.length > 0) await this.#repeat()
    else await this.#count()
  }

  async #read(): Promise<void> {
    const { ledger, history, report } = this.#scene
    const { http, shown } = this.#target()
    const counter = ledger.choose(this.#random.int(0, ledger.choices - 1))
    const before = shown.of(counter)
    const operation = history.invoke('read', counter.key, null)
    const asked = await get(http, counter.key)
    if (!isAnswer(asked)) {
      operation.fail()
      return this.#wait()
    }
    this.#failures = 0
    operation.ok(asked.answer.value)
    report.reads++
    shown.take(counter, asked.answer, before)
  }

  /** Increments with a request id are sent until they are answered, at whichever peer; others once. */
  async #count(): Promise<void> {
    const { history, report } = this.#scene
    const increments = this.#take()
    const operations = increments.map(({ counter, amount }) =>
      history.invoke('inc', counter.key, amount),
    )
    const retries = increments[0]?.requestId !== undefined
    let wasSent = false
    for (let attempt = 1; ; attempt++) {
      const target = this.#target()
      const asked = await this.#send(target, increments, wasSent)
      if (isAnswer(asked)) {
        operations.forEach((operation, at) => operation.ok(increments[at]!.amount))
        if (wasSent) report.retried += increments.length
        return
      }
      wasSent ||= asked === 'unanswered'
      // Peers that are being ended for good will not answer any more.
      if (!retries || this.#stopped) {
        for (const operation of operations) operation[wasSent ? 'info' : 'fail']()
        this.#close(increments, wasSent)
        return this.#wait()
      }
      await this.#wait()
    }
  }

  /** What was answered long ago is still known. */
  async #repeat(): Promise<void> {
    const { increment: sent, target } = this.#random.pick(this.#answered)
    const { counter } = sent
    const before = target.shown.of(counter)
    const asked = await increment(target.http, toItem(sent))
    if (!isAnswer(asked)) return this.#wait()
    this.#failures = 0
    const [answer] = asked.answer
    this.#scene.report.repeated++
    target.shown.take(counter, answer!, before)
    if (!answer!.duplicate)
      throw new Violation(
        `${target.shown.name} answered request ${sent.requestId} once more, and not as a duplicate`,
      )
  }

  #target(): Target {
    return this.#random.pick(this.#scene.targets)
  }

  #take(): Increment[] {
    const { ledger } = this.#scene
    const isBatch = this.#random.chance(BATCHES)
    const hasId = this.#random.chance(WITH_REQUEST_ID)
    const length = isBatch ? this.#random.int(1, LONGEST_BATCH) : 1
    return Array.from({ length }, () =>
      ledger.take(
        this.#random.int(0, ledger.choices - 1),
        hasId ? `${this.#name}/${this.#requests++}` : undefined,
      ),
    )
  }

  async #send(
    target: Target,
    increments: readonly Increment[],
    wasSent: boolean,
  ): Promise<Asked<Incremented[]>> {
    const { ledger } = this.#scene
    const before = increments.map(({ counter }) => target.shown.of(counter))
    const [first] = increments
    const asked =
      increments.length === 1
        ? await increment(target.http, toItem(first!))
        : await incrementAll(target.http, increments.map(toItem))
    if (!isAnswer(asked)) return asked
    this.#failures = 0
    increments.forEach((sent, at) => {
      const answer = asked.answer[at]!
      ledger.acknowledge(sent)
      target.shown.acknowledged(sent)
      target.shown.take(sent.counter, answer, before[at]! | unitOf(sent.digit))
      if (answer.duplicate && !wasSent)
        throw new Violation(
          `${target.shown.name} took request ${sent.requestId}, sent for the first time, for a duplicate`,
        )
      this.#keep(sent, target)
    })
    return asked
  }

  #keep(sent: Increment, target: Target): void {
    if (sent.requestId === undefined) return
    this.#answered.push({ increment: sent, target })
    if (this.#answered.length > KEPT_ANSWERS)
      this.#answered.splice(this.#random.int(0, KEPT_ANSWERS), 1)
  }

  #close(increments: readonly Increment[], wasSent: boolean): void {
    const { ledger } = this.#scene
    if (wasSent) ledger.giveUp(increments)
    else for (const sent of increments) ledger.refuse(sent)
  }

  /** Nothing tells a client when a peer is back. */
  async #wait(): Promise<void> {
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++)
    if (!this.#stopped) await pause(this.#random.between(0, most))
  }
}

const toItem = ({ counter, amount, requestId }: Increment): Item => ({
  key: counter.key,
  amount,
  requestId,
})
