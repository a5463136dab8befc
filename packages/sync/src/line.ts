// A line between a replica and a member: whole messages both ways for as long as both live.
import { TallymeshError, weighFloor, type Floor, type Unit, type Hash64 } from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { isFloor } from './floor-names.ts'
import { decodeMemberMessage, encodeMemberMessage, type MemberMessage } from './member-messages.ts'
import type { Channel } from './network.ts'
import { isVote, type Answer, type Proposal } from './proposal.ts'
import { Queue } from './queue.ts'
import { SharedNames } from './shared-names.ts'

/** Between two pings of the side that opened it: half of what a silent stream is given. */
const PING_MS = 5000
/** A side that nothing is heard of for so long is gone. */
const SILENCE_MS = 12_000
/** Messages that may wait for a peer: one that takes none is gone. */
const MAX_WAITING = 1024
/** Hellos and pings that a side may send between two looks: far more than a replica has to say. */
const MAX_TAKEN = 64

/**
 * So many messages with votes may be on their way that nothing is heard of yet: what is asked meanwhile
 * goes into the next together. One that is not answered for so long holds up nothing any more: its votes
 * wait for a disk, or for their turn.
 */
const MAX_FRESH = 2
const FRESH_MS = 5

/** Proposals in one message, at most. */
const MAX_PROPOSALS = 256

/**
 * Bytes in one message, about: a fraction of what a stream takes, since the answer may be longer. Only
 * a counter that is itself larger goes beyond.
 */
const MAX_ASK_BYTES = 1024 * 1024
/** What parts of a message come to at most: keys and ids at their limits, and a total of 1,024 bits. */
const MOST_KEY_BYTES = 520
const MOST_NAME_BYTES = 140
const MOST_SLOT_BYTES = 160
const MOST_REQUEST_BYTES = 18

const NO_LIST: Hash64 = { low: 0, high: 0 }

/** What is said on a line, less what the line itself takes care of. */
export type Said = Extract<MemberMessage, { type: 'hello' | 'known' | 'ask' }>

/** A proposal that waits to be sent, or answered. */
interface Asked {
  readonly proposal: Proposal
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** What went in one message. */
interface Message {
  /** By number, those that are not answered yet. */
  readonly open: Map<number, Asked>
  /** Something was heard of it, or it has waited long enough. */
  readonly grown: () => void
}

export interface LineOptions {
  readonly channel: Channel
  readonly clock: Clock
  /** Whether this side opened it, and pings. */
  readonly pings: boolean
  /** The members that this side goes by, where it asks for votes. */
  readonly list?: Hash64
  /** Throws where the peer breaks the protocol. */
  readonly heard: (message: Said) => void
}

/** Keeps one open, and says when the other side is gone. */
export class Line {
  readonly #options: LineOptions
  readonly #waiting = new Queue<MemberMessage>()
  #wake: () => void = () => {}
  #closed: Error | undefined
  #heardAt: number
  #cancel: () => void = () => {}
  #ponged: (() => void)[] = []
  /** Pings that the other side has not answered. */
  #pinged = 0
  /** What the other side has said since the last look, proposals apart. */
  #taken = 0
  /** Proposals that go into the next message. */
  #asking: Asked[] = []
  /** By the number of the first proposal of each. */
  readonly #asked = new Map<number, Message>()
  #nextId = 1
  /** Messages with votes that went out just now, and of which nothing is heard. */
  #fresh = 0
  readonly #said = new SharedNames()
  readonly #heardNames = new SharedNames()

  constructor(options: LineOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
  }

  get peer(): string {
    return this.#options.channel.peer
  }

  get isOpen(): boolean {
    return this.#closed === undefined
  }

  say(message: MemberMessage): void {
    if (this.#closed !== undefined) return
    if (this.#waiting.length >= MAX_WAITING)
      return this.close(new TallymeshError('ERR_TIMEOUT', `${this.peer} takes no messages`))
    this.#waiting.push(message)
    this.#wake()
  }

  /**
   * Asks the other side. What is asked while a message is on its way goes into the next together.
   *
   * @throws {TallymeshError} `ERR_NOT_READY` where it abstains; what the line ends with
   */
  ask(proposal: Proposal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    if (this.#closed !== undefined) reject(this.#closed)
    else if (this.#asking.length >= MAX_WAITING * 64) reject(tooMuch(this.peer))
    else {
      this.#asking.push({ proposal, resolve, reject })
      this.#wake()
    }
    return promise
  }

  /** Runs it to its end, which it resolves with: a line has no other end than a break. */
  async run(): Promise<Error> {
    const { channel } = this.#options
    if (this.isOpen) this.#watch()
    const ended = await Promise.all([this.#send(channel), this.#receive(channel)]).then(
      () => new TallymeshError('ERR_PROTOCOL', 'the peer has ended the line'),
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    this.close(ended)
    return this.#closed!
  }

  close(reason: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = reason
    this.#cancel()
    this.#wake()
    for (const ponged of this.#ponged.splice(0)) ponged()
    for (const { reject } of [...this.#asking, ...this.#open()]) reject(reason)
    for (const { grown } of this.#asked.values()) grown()
    this.#asking = []
    this.#asked.clear()
    this.#options.channel.abort(reason)
  }

  /** Whether anything is heard of the other side within a time. */
  async isAlive(withinMs: number): Promise<boolean> {
    if (this.#closed !== undefined) return false
    const { clock } = this.#options
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const cancel = clock.after(withinMs, () => resolve(false))
    this.#ponged.push(() => resolve(this.isOpen))
    this.#ping()
    const isAlive = await promise
    cancel()
    return isAlive
  }

  async #send(channel: Channel): Promise<void> {
    await channel.sink(this.#messages())
  }

  async *#messages(): AsyncGenerator<Uint8Array> {
    while (this.#closed === undefined) {
      const message = this.#waiting.shift() ?? this.#nextAsk()
      if (message !== undefined) yield encodeMemberMessage(message, this.#said)
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }

  async #receive(channel: Channel): Promise<void> {
    for await (const bytes of channel.source) {
      this.#heardAt = this.#options.clock.now()
      this.#take(decodeMemberMessage(bytes, this.#heardNames))
    }
    // The other side said all that it has to say: the line is over.
    this.close(new TallymeshError('ERR_PROTOCOL', 'the peer has ended the line'))
  }

  #take(message: MemberMessage): void {
    this.#limit(message)
    for (const ponged of this.#ponged.splice(0)) ponged()
    if (message.type === 'ping') this.say({ type: 'pong' })
    else if (message.type === 'answer' || message.type === 'abstain') this.#settle(message)
    else if (message.type !== 'pong') this.#options.heard(message)
  }

  /** What brings nothing new is not taken without end. */
  #limit({ type }: MemberMessage): void {
    const isTooMuch =
      type === 'pong'
        ? this.#pinged-- <= 0
        : (type === 'ping' || type === 'hello') && ++this.#taken > MAX_TAKEN
    if (isTooMuch) throw new TallymeshError('ERR_PROTOCOL', `${this.peer} says more than it has to`)
  }

  #ping(): void {
    this.#pinged++
    this.say({ type: 'ping' })
  }

  #nextAsk(): MemberMessage | undefined {
    const mayVote = this.#fresh < MAX_FRESH
    const asked = nextTogether(mayVote ? this.#asking : this.#asking.filter(isErrand))
    if (asked.size === 0) return undefined
    const id = this.#nextId
    this.#asking = this.#asking.filter((one) => !asked.has(one))
    this.#nextId += asked.size
    const open = new Map([...asked].map((one, place) => [id + place, one]))
    this.#asked.set(id, { open, grown: isErrand(open.get(id)!) ? () => {} : this.#sendFresh() })
    const { list = NO_LIST } = this.#options
    return { type: 'ask', id, list, proposals: [...asked].map(({ proposal }) => proposal) }
  }

  /** @returns what ends it: once, or by itself after some time */
  #sendFresh(): () => void {
    let isFresh = true
    const end = (): void => {
      cancel()
      if (!isFresh) return
      isFresh = false
      this.#fresh--
      this.#wake()
    }
    this.#fresh++
    const cancel = this.#options.clock.after(FRESH_MS, end)
    return end
  }

  #open(): Asked[] {
    return [...this.#asked.values()].flatMap(({ open }) => [...open.values()])
  }

  /** Of one message, some proposals may be answered sooner than others. */
  #settle(message: Extract<MemberMessage, { type: 'answer' | 'abstain' }>): void {
    const [first, { open, grown }] = this.#messageOf(message.id)
    grown()
    if (message.type === 'abstain')
      for (const [number, { reject }] of open) {
        open.delete(number)
        reject(new TallymeshError('ERR_NOT_READY', `${this.peer} has no word to give now`))
      }
    else
      message.answers.forEach((answer, place) => {
        const asked = open.get(message.id + place)
        if (asked === undefined) throw notAsked()
        open.delete(message.id + place)
        asked.resolve(answer)
      })
    if (open.size === 0) this.#asked.delete(first)
  }

  #messageOf(id: number): [number, Message] {
    const exact = this.#asked.get(id)
    if (exact !== undefined) return [id, exact]
    for (const entry of this.#asked) if (entry[1].open.has(id)) return entry
    throw notAsked()
  }

  #watch(): void {
    const { clock, pings } = this.#options
    this.#cancel = clock.after(PING_MS, () => {
      if (clock.now() - this.#heardAt >= SILENCE_MS)
        return this.close(new TallymeshError('ERR_TIMEOUT', `nothing is heard of ${this.peer}`))
      if (pings) this.#ping()
      this.#taken = 0
      this.#watch()
    })
  }
}

/**
 * What goes into one message. It is answered as a whole: what waits for all members keeps nobody waiting
 * who needs a majority.
 */
const nextTogether = (asking: readonly Asked[]): Set<Asked> => {
  const together = new Set<Asked>()
  if (asking.length === 0) return together
  const kind = kindOf(asking[0]!)
  let bytes = 0
  for (const one of asking) {
    if (kindOf(one) !== kind) continue
    bytes += mostBytesOf(one.proposal)
    if (together.size >= MAX_PROPOSALS || (together.size > 0 && bytes > MAX_ASK_BYTES)) break
    together.add(one)
  }
  return together
}

const isErrand = ({ proposal: { mode } }: Asked): boolean => !isVote(mode)

const kindOf = ({ proposal: { mode } }: Asked): string => (isVote(mode) ? 'vote' : mode)

const mostBytesOf = ({ slots }: Proposal): number =>
  slots.reduce(
    (sum, { unit }) => sum + MOST_NAME_BYTES + (unit === undefined ? 0 : mostUnitBytesOf(unit)),
    MOST_KEY_BYTES,
  )

const mostUnitBytesOf = (unit: Unit | Floor): number =>
  MOST_SLOT_BYTES + (isFloor(unit) ? weighFloor(unit) : unit.requests.length * MOST_REQUEST_BYTES)

const notAsked = (): TallymeshError =>
  new TallymeshError('ERR_PROTOCOL', 'an answer came to what was not asked')

const tooMuch = (peer: string): TallymeshError =>
  new TallymeshError('ERR_TIMEOUT', `too much waits for ${peer}`)
