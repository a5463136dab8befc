// The lines that a replica keeps to the members: on each, the member is told who this is, and answers.
import { TallymeshError } from '@tallymesh/core'
import { backOffMs, type BackOff } from './back-off.ts'
import type { Clock, Random } from './clock.ts'
import { Line } from './line.ts'
import { INSTANCE_BYTES } from './member-messages.ts'
import type { Network } from './network.ts'
import { pause, unlessAborted } from './pause.ts'
import type { Answer, Proposal } from './proposal.ts'

const BACK_OFF: BackOff = { firstMs: 200, longestMs: 3000 }
/** Before a member that abstains is asked again. */
const RETRY_MS = 100

/** A member's word on an epoch. */
export interface Word {
  readonly epoch: string
  /** The highest operation number of it that the member has heard of. */
  readonly seq: number
  /** Another living process writes under it. */
  readonly isHeld: boolean
}

export interface MemberLinesOptions {
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  /** Peer ids of the members, less this peer's. */
  readonly members: readonly string[]
  /** The epoch that the replica writes under, or will. */
  readonly epoch: () => string
  readonly told: (member: string, word: Word) => void
  /** A line to a member stands: it has answered. */
  readonly opened: (member: string) => void
  /** A line that had stood broke. */
  readonly broke: (member: string) => void
}

/** One line to each member in reach, opened anew when it breaks. */
export class MemberLines {
  readonly #options: MemberLinesOptions
  /** Names this process: one that was started from a copy of its folder has another. */
  readonly instance: string
  /** Also those that the member has not answered on yet. */
  readonly #all = new Map<string, Line>()
  readonly #lines = new Map<string, Line>()
  readonly #reached = new Set<string>()
  /** Woken whenever a member has answered on a new line. */
  readonly #opened = new Set<() => void>()
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: MemberLinesOptions) {
    this.#options = options
    this.instance = String.fromCharCode(
      ...Array.from({ length: INSTANCE_BYTES }, () => Math.floor(options.random() * 256)),
    )
  }

  connect(peer: string): void {
    const { members } = this.#options
    if (!members.includes(peer) || this.#reached.has(peer)) return
    this.#reached.add(peer)
    const kept = this.#keep(peer)
    this.#underWay.add(kept)
    void kept.finally(() => this.#underWay.delete(kept))
  }

  disconnect(peer: string): void {
    this.#reached.delete(peer)
    this.#all.get(peer)?.close(new TallymeshError('ERR_PROTOCOL', `${peer} is out of reach`))
  }

  /** Members with whom a line stands. */
  open(): string[] {
    return [...this.#lines].filter(([, line]) => line.isOpen).map(([member]) => member)
  }

  /**
   * Asks a member, as soon as a line to it stands; again where the line breaks, or it abstains.
   *
   * @throws the signal's reason
   */
  async ask(member: string, proposal: Proposal, signal: AbortSignal): Promise<Answer> {
    for (;;) {
      signal.throwIfAborted()
      const line = this.#lines.get(member)
      try {
        if (line?.isOpen === true) return await unlessAborted(signal, line.ask(proposal))
        await this.#someLine(signal)
      } catch {
        signal.throwIfAborted()
        await pause(this.#options.clock, RETRY_MS, signal)
      }
    }
  }

  /** Resolves when any line has come to stand. */
  async #someLine(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#opened.add(resolve)
    try {
      await unlessAborted(signal, promise)
    } finally {
      this.#opened.delete(resolve)
    }
  }

  /** The replica goes on under another epoch. */
  epochChanged(): void {
    for (const line of this.#all.values()) this.#greet(line)
  }

  async stop(): Promise<void> {
    const reason = new TallymeshError('ERR_STOPPED', 'the service has been stopped')
    this.#stopping.abort(reason)
    for (const line of this.#all.values()) line.close(reason)
    await Promise.all(this.#underWay)
  }

  async #keep(peer: string): Promise<void> {
    const { clock, random } = this.#options
    for (let failures = 1; this.#isWanted(peer); failures++) {
      if (await this.#try(peer)) failures = 0
      if (!this.#isWanted(peer)) return
      await pause(clock, backOffMs(BACK_OFF, failures, random), this.#stopping.signal)
    }
  }

  #isWanted(peer: string): boolean {
    return this.#reached.has(peer) && !this.#stopping.signal.aborted
  }

  /** One line to its end. True where the member has answered on it. */
  async #try(peer: string): Promise<boolean> {
    const { network, clock, told } = this.#options
    let hasAnswered = false
    /** Hellos are answered in order. */
    const asked: string[] = []
    try {
      const channel = await network.open(peer, 'member', this.#stopping.signal)
      const line = new Line({
        channel,
        clock,
        pings: true,
        heard: (message) => {
          const epoch = asked.shift()
          if (message.type !== 'known' || epoch === undefined)
            throw new TallymeshError('ERR_PROTOCOL', `a ${message.type} came out of turn`)
          if (!hasAnswered) this.#stands(peer, line)
          hasAnswered = true
          for (const wake of this.#opened) wake()
          told(peer, { epoch, seq: message.seq, isHeld: message.isHeld })
        },
      })
      this.#asked.set(line, asked)
      this.#all.set(peer, line)
      this.#greet(line)
      if (!this.#isWanted(peer)) line.close(new TallymeshError('ERR_STOPPED', 'it is not wanted'))
      await line.run()
    } catch {
      // It could not be opened: it is tried again.
    } finally {
      this.#all.delete(peer)
      if (this.#lines.delete(peer)) this.#options.broke(peer)
    }
    return hasAnswered
  }

  #stands(peer: string, line: Line): void {
    this.#lines.set(peer, line)
    this.#options.opened(peer)
  }

  /** What each line was asked, and has not answered. */
  readonly #asked = new WeakMap<Line, string[]>()

  #greet(line: Line): void {
    const epoch = this.#options.epoch()
    this.#asked.get(line)?.push(epoch)
    line.say({ type: 'hello', instance: this.instance, epoch })
  }
}
