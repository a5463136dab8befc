// A member's side of the lines: who holds which id, and what is known here of it.
import { TallymeshError, type DistributedKeyCounter, type Hash64 } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { peerOf } from './handing-on.ts'
import type { Journal } from './journal.ts'
import { Line, type Said } from './line.ts'
import type { Channel } from './network.ts'
import { isVote, type Answer, type Proposal } from './proposal.ts'
import type { Log } from './replicator.ts'

/** How long the process that holds an id has to show that it lives, when another claims it. */
const PROOF_OF_LIFE_MS = 2000
/** Lines that are served at one time: far past the replicas of any cluster. */
const MAX_LINES = 4096
/** Hellos on a line that may wait for an answer: one a new epoch. */
const MAX_ASKED = 8

type Hello = Extract<Said, { type: 'hello' }>
type Ask = Extract<Said, { type: 'ask' }>

interface Holder {
  readonly instance: string
  readonly epoch: string
}

export interface HoldersOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
  /** The list of members: see `hashOfMembers`. */
  readonly list: Hash64
  /** The fixed list. */
  readonly members: readonly string[]
  /** Answers proposals, those that follow each other at once or later; rejects where this peer can not. */
  readonly asked: (
    peer: string,
    proposals: readonly Proposal[],
    tell: (place: number, answers: readonly Answer[]) => void,
  ) => Promise<void>
}

/**
 * An id has one writer. Two processes under one peer id (a copied data folder) each keep a line to the
 * members, and the second is told that the id is held.
 */
export class Holders {
  readonly #options: HoldersOptions
  readonly #lines = new Map<Line, Holder | undefined>()
  /** Lines whose peers go by other members. */
  readonly #strangers = new WeakSet<Line>()

  constructor(options: HoldersOptions) {
    this.#options = options
  }

  /** Serves a line to its end. */
  async serve(channel: Channel): Promise<void> {
    const busy = this.#lines.size >= MAX_LINES
    let asked: Promise<void> = Promise.resolve()
    let waiting = 0
    const line: Line = new Line({
      channel,
      clock: this.#options.clock,
      pings: false,
      heard: (message) => {
        if (message.type === 'ask') return void this.#beAsked(line, message)
        if (message.type !== 'hello')
          throw new TallymeshError('ERR_PROTOCOL', `a ${message.type} came out of turn`)
        if (peerOf(message.epoch) !== line.peer)
          throw new TallymeshError('ERR_PROTOCOL', `${line.peer} claims the id of another`)
        if (++waiting > MAX_ASKED)
          throw new TallymeshError('ERR_PROTOCOL', `${line.peer} does not wait for its answers`)
        // One after the other, so that answers come in the order of the questions.
        asked = asked.then(() => this.#answer(line, message)).finally(() => waiting--)
      },
    })
    if (busy) line.close(new TallymeshError('ERR_PROTOCOL', 'too many lines are open here'))
    this.#lines.set(line, undefined)
    await line.run()
    this.#lines.delete(line)
  }

  stop(): void {
    for (const line of this.#lines.keys())
      line.close(new TallymeshError('ERR_STOPPED', 'the service has been stopped'))
  }

  async #beAsked(line: Line, { id, list, proposals }: Ask): Promise<void> {
    const { members, asked } = this.#options
    if (!this.#isOurs(line, list)) return line.say({ type: 'abstain', id })
    if (!members.includes(line.peer) && proposals.some(({ mode }) => isVote(mode)))
      return line.close(new TallymeshError('ERR_PROTOCOL', `${line.peer} is no member`))
    try {
      await asked(line.peer, proposals, (place, answers) =>
        line.say({ type: 'answer', id: id + place, answers }),
      )
    } catch {
      line.say({ type: 'abstain', id })
    }
  }

  /** Votes of different lists do not mix: two majorities could have no member in common. */
  #isOurs(line: Line, { low, high }: Hash64): boolean {
    const { list, log } = this.#options
    if (low === list.low && high === list.high) return true
    if (!this.#strangers.has(line)) log.warn('a peer goes by other members', { peer: line.peer })
    this.#strangers.add(line)
    return false
  }

  async #answer(line: Line, { instance, epoch }: Hello): Promise<void> {
    const { counter, journal } = this.#options
    let isHeld = false
    // No pause between the last look and the claim: of two that come at once, one is the second.
    for (let rival = this.#rivalOf(line, instance, epoch); rival !== undefined && !isHeld;) {
      isHeld = await rival.isAlive(PROOF_OF_LIFE_MS)
      if (!isHeld) rival.close(new TallymeshError('ERR_TIMEOUT', 'it shows no sign of life'))
      rival = this.#rivalOf(line, instance, epoch)
    }
    if (!line.isOpen) return
    this.#lines.set(line, isHeld ? undefined : { instance, epoch })
    // What was heard before counts, though the disk has not taken it yet.
    await journal.settled()
    line.say({ type: 'known', seq: counter.lastHeardSeq(epoch), isHeld })
  }

  /** The line of another process that has claimed the same epoch. */
  #rivalOf(line: Line, instance: string, epoch: string): Line | undefined {
    for (const [other, holder] of this.#lines) {
      const isRival = holder?.epoch === epoch && holder.instance !== instance
      if (other !== line && other.isOpen && isRival) return other
    }
    return undefined
  }
}
