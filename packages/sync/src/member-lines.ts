// The lines that a replica keeps to the members: on each, the member is told who this is, and answers.
import { TallymeshError, type Hash64 } from '@tallymesh/core'
import { backOffMs, type BackOff } from './back-off.ts'
import type { Clock, Random } from './clock.ts'
import { Line } from './line.ts'
import { INSTANCE_BYTES } from './member-messages.ts'
import type { Channel, Network } from './network.ts'
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
  /** It was asked for before all members had to be asked anew, and is asked for again. */
  readonly isOld: boolean
}

/** What a member was told, and has not answered. */
interface Hello {
  readonly epoch: string
  readonly turn: number
}

export interface MemberLinesOptions {
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  /** Peer ids of the members, less this peer's. */
  readonly members: readonly string[]
  /** The list of members: see `hashOfMembers`. */
  readonly list: Hash64
  /** The epoch that the replica writes under, or will. */
  readonly epoch: () => string
  readonly told: (member: string, word: Word) => void
  /** A line to a member stands: it has answered. True where all are to be asked for their word anew. */
  readonly opened: (member: string) => boolean
  /** A member has answered a proposal. */
  readonly answered: (member: string, proposal: Proposal, answer: Answer) => void
  /** A line that had stood broke. */
  readonly broke: (member: string) => void
}

/** One line to each member in reach, opened anew when it breaks. */
export class MemberLines {
  readonly #options: MemberLinesOptions
  /** Names this process: one that was started from a copy of its folder has another. */
  readonly instance: string
  /** All lines, and what each was asked and has not answered. */
  readonly #all = new Map<Line, Hello[]>()
  /** How often all were asked anew. */
  #turn = 0
  /** Those that the member has answered on. */
  readonly #lines = new Map<string, Line>()
  /** Members in reach, and what ends the keeping of a line to each. */
  readonly #kept = new Map<string, AbortController>()
  /** Woken whenever a member has answered on a new line. */
  readonly #opened = new Set<() => void>()
  readonly #underWay = new Set<Promise<void>>()
  #stopped = false

  constructor(options: MemberLinesOptions) {
    this.#options = options
    this.instance = String.fromCharCode(
      ...Array.from({ length: INSTANCE_BYTES }, () => Math.floor(options.random() * 256)),
    )
  }

  connect(peer: string): void {
    const { members } = this.#options
    if (this.#stopped || !members.includes(peer) || this.#kept.has(peer)) return
    // One for each time in reach: a peer that leaves and comes again is not kept twice.
    const ending = new AbortController()
    this.#kept.set(peer, ending)
    const kept = this.#keep(peer, ending.signal)
    this.#underWay.add(kept)
    void kept.finally(() => this.#underWay.delete(kept))
  }

  disconnect(peer: string): void {
    this.#kept.get(peer)?.abort(new TallymeshError('ERR_PROTOCOL', `${peer} is out of reach`))
    this.#kept.delete(peer)
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
        if (line?.isOpen === true) return await unlessAborted(signal, this.#askOn(line, proposal))
        await this.#someLine(signal)
      } catch {
        signal.throwIfAborted()
        await pause(this.#options.clock, RETRY_MS, signal)
      }
    }
  }

  /** An answer tells what the member holds, whether anybody still waits for it or not. */
  async #askOn(line: Line, proposal: Proposal): Promise<Answer> {
    const answer = await line.ask(proposal)
    if (line.isOpen) this.#options.answered(line.peer, proposal, answer)
    return answer
  }

  /** Says something to a member whose line stands, and waits for no answer. */
  tell(member: string, proposal: Proposal): void {
    const line = this.#lines.get(member)
    if (line?.isOpen === true) line.ask(proposal).catch(() => undefined)
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
    for (const [line, asked] of this.#all) this.#greet(line, asked)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const reason = new TallymeshError('ERR_STOPPED', 'the service has been stopped')
    for (const ending of this.#kept.values()) ending.abort(reason)
    this.#kept.clear()
    await Promise.all(this.#underWay)
  }

  async #keep(peer: string, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    for (let failures = 1; !signal.aborted; failures++) {
      if (await this.#try(peer, signal)) failures = 0
      await pause(clock, backOffMs(BACK_OFF, failures, random), signal)
    }
  }

  /** One line to its end. True where the member has answered on it. */
  async #try(peer: string, signal: AbortSignal): Promise<boolean> {
    const { network, clock, told } = this.#options
    let channel: Channel
    try {
      channel = await network.open(peer, 'member', signal)
    } catch {
      // It is tried again.
      return false
    }
    let hasAnswered = false
    /** Hellos are answered in order. */
    const asked: Hello[] = []
    const line: Line = new Line({
      channel,
      clock,
      pings: true,
      list: this.#options.list,
      heard: (message) => {
        const hello = asked.shift()
        if (message.type !== 'known' || hello === undefined)
          throw new TallymeshError('ERR_PROTOCOL', `a ${message.type} came out of turn`)
        if (!hasAnswered) this.#stands(peer, line)
        hasAnswered = true
        const isOld = hello.turn < this.#turn
        if (isOld && asked.length === 0) this.#greet(line, asked)
        const { seq, isHeld } = message
        told(peer, { epoch: hello.epoch, seq, isHeld, isOld })
      },
    })
    const end = (): void => line.close(signal.reason as Error)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    this.#all.set(line, asked)
    this.#greet(line, asked)
    await line.run()
    this.#all.delete(line)
    signal.removeEventListener('abort', end)
    if (this.#lines.get(peer) === line) this.#falls(peer)
    return hasAnswered
  }

  #stands(peer: string, line: Line): void {
    this.#lines.set(peer, line)
    if (this.#options.opened(peer)) this.#askAnew()
    for (const wake of this.#opened) wake()
  }

  /** Those that owe an answer are asked when they have given it. */
  #askAnew(): void {
    this.#turn++
    for (const [line, asked] of this.#all) if (asked.length === 0) this.#greet(line, asked)
  }

  #falls(peer: string): void {
    this.#lines.delete(peer)
    this.#options.broke(peer)
  }

  #greet(line: Line, asked: Hello[]): void {
    const epoch = this.#options.epoch()
    asked.push({ epoch, turn: this.#turn })
    line.say({ type: 'hello', instance: this.instance, epoch })
  }
}
