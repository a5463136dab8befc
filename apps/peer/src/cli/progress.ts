// How far something has come that takes long: a line on a terminal that is written over.
import type { Io } from './io.ts'
import { duration } from './text.ts'

/** What is done sooner needs no line. */
const FIRST_MS = 300
/** More often than this nobody can read it. */
const EVERY_MS = 100

export type Describe = (amount: number, perSecond: number) => string

export class Progress {
  readonly #show: ((text: string) => void) | undefined
  readonly #describe: Describe
  readonly #now: () => number
  readonly #started: number
  #next: number
  #shown = false

  /** Shows nothing where there is no terminal. */
  constructor(
    { progress }: Pick<Io, 'progress'>,
    describe: Describe,
    now: () => number = () => performance.now(),
  ) {
    this.#show = progress
    this.#describe = describe
    this.#now = now
    this.#started = now()
    this.#next = this.#started + FIRST_MS
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return this.#now() - this.#started
  }

  /** @param amount all that has been done so far */
  update(amount: number): void {
    const now = this.#now()
    if (this.#show === undefined || now < this.#next) return
    this.#next = now + EVERY_MS
    this.#shown = true
    const seconds = (now - this.#started) / 1000
    this.#show(
      `${this.#describe(amount, Math.round(amount / seconds))} (${duration(now - this.#started)})`,
    )
  }

  /** In place of how far it is, where that is shown. */
  say(text: string): void {
    if (this.#shown) this.#show?.(text)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) this.#show?.('')
    this.#shown = false
  }
}
