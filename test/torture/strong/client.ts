// A client of strong calls: one after the other, at any of the peers, each with its outcome in the history.
import { setTimeout as pause } from 'node:timers/promises'
import type { SeededRandom } from '../../sim/random.ts'
import type { Scene, Target } from '../client.ts'
import { unitOf } from '../digits.ts'
import type { CountedKey, Increment } from '../ledger.ts'
import { isAnswer } from '../requests.ts'
import { increment, type Level, read, type Told } from './requests.ts'
import type { Tally } from './tally.ts'

const READS = 0.5
const READS_OF_ALL = 0.1
const WITH_REQUEST_ID = 0.5
const BATCHES = 0.25
const LONGEST_BATCH = 6
/** A retry at another peer; after these, nobody knows what became of it. */
const MOST_ATTEMPTS = 4
const ACKS: readonly Level[] = ['local', 'quorum', 'quorum', 'quorum', 'all']

/** Before the next call, up to so long: the machine has other work than to be asked in vain. */
const LONGEST_WAIT_MS = 100

/**
 * A strong read, and its outcome. True where it was answered.
 *
 * @throws {Violation} where the peer has shown more before
 */
export const readStrongly = async (
  { history, report }: Scene,
  tally: Tally,
  { http, shown }: Target,
  counter: CountedKey,
  level: Level,
): Promise<boolean> => {
  const before = shown.of(counter)
  const operation = history.invoke('read', counter.key, null)
  const told = await read(http, counter.key, level)
  tally.count('read', level, told)
  if (!isAnswer(told)) {
    operation.fail()
    return false
  }
  const [reading] = told.answer
  operation.ok(reading!.value)
  report.reads++
  shown.take(counter, reading!, before)
  return true
}

export class StrongClient {
  readonly #name: string
  readonly #scene: Scene
  readonly #tally: Tally
  readonly #random: SeededRandom
  #requests = 0
  #stopped = false

  constructor(name: string, scene: Scene, tally: Tally, random: SeededRandom) {
    this.#name = name
    this.#scene = scene
    this.#tally = tally
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
    const isWell = this.#random.chance(READS) ? await this.#read() : await this.#count()
    if (!isWell) await this.#wait()
  }

  #read(): Promise<boolean> {
    const level = this.#random.chance(READS_OF_ALL) ? 'all' : 'quorum'
    const target = this.#target()
    return readStrongly(this.#scene, this.#tally, target, this.#counter(), level)
  }

  /**
   * With a request id, it is sent until it is acknowledged, at whichever peer. What only one peer
   * acknowledged may take effect at any later time (DESIGN section 4), and so may what it recorded.
   */
  async #count(): Promise<boolean> {
    const { history, ledger } = this.#scene
    const sent = this.#take()
    const ack = this.#random.pick(ACKS)
    const operations = sent.map(({ counter, amount }) => history.invoke('inc', counter.key, amount))
    let mayHaveCounted = false
    const attempts = sent[0]!.requestId === undefined ? 1 : MOST_ATTEMPTS
    for (let attempt = 1; attempt <= attempts && !this.#stopped; attempt++) {
      if (attempt > 1) await this.#wait()
      const told = await this.#send(sent, ack)
      if (isAnswer(told)) {
        if (mayHaveCounted) this.#scene.report.retried += sent.length
        for (const [at, operation] of operations.entries())
          if (ack === 'local') operation.info()
          else operation.ok(sent[at]!.amount)
        return true
      }
      mayHaveCounted ||= told !== 'nothing'
    }
    for (const operation of operations) operation[mayHaveCounted ? 'info' : 'fail']()
    const open = sent.filter(({ outcome }) => outcome === 'open')
    if (open.length > 0 && mayHaveCounted) ledger.giveUp(open)
    else for (const one of open) ledger.refuse(one)
    return false
  }

  async #send(sent: readonly Increment[], ack: Level): Promise<Told> {
    const { http, shown } = this.#target()
    const before = sent.map(({ counter }) => shown.of(counter))
    const items = sent.map(({ counter, amount, requestId }) => ({
      key: counter.key,
      amount,
      requestId,
    }))
    const told = await increment(http, items, ack)
    this.#tally.count(sent.length > 1 ? 'batch' : 'inc', ack, told)
    if (isAnswer(told) || told === 'recorded')
      for (const one of sent) {
        this.#scene.ledger.acknowledge(one)
        shown.acknowledged(one)
      }
    if (isAnswer(told))
      for (const [at, { counter, digit }] of sent.entries())
        shown.take(counter, told.answer[at]!, before[at]! | unitOf(digit))
    return told
  }

  /** One, or a batch. */
  #take(): Increment[] {
    const { ledger } = this.#scene
    const hasId = this.#random.chance(WITH_REQUEST_ID)
    const length = this.#random.chance(BATCHES) ? this.#random.int(2, LONGEST_BATCH) : 1
    return Array.from({ length }, () =>
      ledger.take(
        this.#random.int(0, ledger.choices - 1),
        hasId ? `${this.#name}/${this.#requests++}` : undefined,
      ),
    )
  }

  #counter(): CountedKey {
    const { ledger } = this.#scene
    return ledger.choose(this.#random.int(0, ledger.choices - 1))
  }

  #target(): Target {
    return this.#random.pick(this.#scene.targets)
  }

  async #wait(): Promise<void> {
    if (!this.#stopped) await pause(this.#random.between(0, LONGEST_WAIT_MS))
  }
}
