// One exchange: two replicas compare what they hold, and each pulls what it lacks (docs/protocol.md).
import {
  TallymeshError,
  type Delta,
  type Digest,
  type Hash64,
  type KeyedDelta,
  type VersionVector,
} from '@tallymesh/core'
import type { BeyondSums } from './beyond.ts'
import type { Clock } from './clock.ts'
import { Descent, type DescentTurn } from './descent.ts'
import type { ExchangeContext, Outcome } from './exchange-context.ts'
import { ExchangeJoins } from './exchange-joins.ts'
import { mayHandOn, peerOf } from './handing-on.ts'
import { Inbox, outOfTurn } from './inbox.ts'
import { decodeMessage, encodeMessage, type Message, type Received } from './messages.ts'
import { MOST_BYTES } from './message-sizes.ts'
import type { Channel } from './network.ts'
import { missing } from './transfer.ts'
import type { Transfer } from './under-way.ts'
import { Watchdog } from './watchdog.ts'

/** An exchange in which nothing moves for so long is broken off; the next one goes on from there. */
const STEP_LIMIT_MS = 10_000
/** One that broke after it had stood still for so long was on a slow link. */
const SLOW_MS: number = STEP_LIMIT_MS / 2
/** Past any tree: a peer that goes on for so long does not mean to end. */
const MAX_TURNS = 65_536
const NOTHING_TO_SAY: DescentTurn<KeyedDelta> = {
  nodes: [],
  wants: [],
  offers: [],
  replies: [],
  waits: false,
}
/** The hash of an empty version vector, which stands for none where vectors are withheld. */
const NOTHING: Hash64 = { low: 0, high: 0 }

/**
 * Asks a peer, on a stream opened for it.
 *
 * @throws {TallymeshError} `ERR_MALFORMED`, `ERR_PROTOCOL`, `ERR_TIMEOUT`, or the store's or the
 *   stream's own; the stream is gone then, and all that was joined before stays joined.
 */
export const ask = (context: ExchangeContext, channel: Channel): Promise<Outcome> =>
  new Exchange(context, channel).ask()

/** Answers a peer that opened a stream. Throws as `ask` does. */
export const answer = (context: ExchangeContext, channel: Channel): Promise<Outcome> =>
  new Exchange(context, channel).answer()

/** Answers that there is too much to do now. */
export const refuse = (context: ExchangeContext, channel: Channel): Promise<Outcome> =>
  new Exchange(context, channel).refuse()

/** What a peer says that it holds. */
type Told = Extract<Message, { type: 'version' }>

class Exchange {
  readonly #context: ExchangeContext
  readonly #channel: Channel
  readonly #watchdog: Watchdog
  readonly #inbox = new Inbox()
  readonly #outcome: Outcome = {
    kind: 'exchanged',
    sent: 0,
    received: 0,
    refused: 0,
    isWhole: true,
    lag: 0,
    roundTripMs: null,
    clocks: null,
    holds: null,
  }
  /** Replicas of which all was told as held that others are sending. */
  readonly #claimed = new Set<string>()
  readonly #joins: ExchangeJoins
  /** What the peer's state and our own came to before an interval pull. */
  #pulledAt: readonly [Hash64, Hash64] | undefined
  /** What the peer holds, once it told: slots come after that. */
  #theirs: VersionVector | undefined
  /** What the peer is sending, once that is known. */
  #transfer: Transfer | undefined
  /** What was sent beyond any version. */
  readonly #beyond: BeyondSums = new Map()
  /** Nothing more will come. */
  #hasHeardAll = false

  constructor(context: ExchangeContext, channel: Channel) {
    this.#context = context
    this.#channel = channel
    this.#joins = new ExchangeJoins(context, channel.peer, this.#outcome, this.#claimed)
    this.#watchdog = new Watchdog(context.clock, STEP_LIMIT_MS, (reason) =>
      this.#breakOff(new TallymeshError('ERR_TIMEOUT', `an exchange ${reason}`)),
    )
  }

  ask(): Promise<Outcome> {
    return this.#run(this.#ask())
  }

  async answer(): Promise<Outcome> {
    const outcome = await this.#run(this.#answer())
    // What was left out then may be worth a pull yet.
    if (this.#pulledAt !== undefined && this.#claimed.size === 0)
      this.#context.pulled(this.#channel.peer, ...this.#pulledAt)
    return outcome
  }

  refuse(): Promise<Outcome> {
    return this.#run(this.#refuse())
  }

  /** Sends and receives side by side: two that each sent first would wait for each other. */
  async #run(conversation: AsyncGenerator<Message>): Promise<Outcome> {
    const { beyond, messageSizes } = this.#context
    const { peer } = this.#channel
    try {
      await Promise.all([this.#channel.sink(this.#send(conversation)), this.#receive()])
      this.#inbox.throwIfMore()
      beyond.sent(peer, this.#beyond)
      if (this.#outcome.sent > 0) messageSizes.wentWell(peer)
      return this.#outcome
    } catch (error) {
      const wasSlow = this.#watchdog.stillMs >= SLOW_MS
      if (this.#outcome.sent > 0 && wasSlow) messageSizes.tookLong(peer)
      this.#breakOff(error)
      throw error
    } finally {
      this.#watchdog.stop()
    }
  }

  #breakOff(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error('the stream broke', { cause })
    this.#inbox.close(error)
    this.#channel.abort(error)
  }

  // What is said, in order

  async *#ask(): AsyncGenerator<Message> {
    const { clock } = this.#context
    const askedAt = clock.now()
    const wallAt = clock.wall()
    const { seq } = this.#context.counter
    yield { type: 'digest', digest: this.#digest() }
    const reply = await this.#inbox.take('same', 'busy', 'version', 'begin')
    this.#outcome.roundTripMs = clock.now() - askedAt
    if ('wallMs' in reply) this.#outcome.clocks = { askedAt: wallAt, told: reply.wallMs }
    if (reply.type === 'version') {
      const told = this.#version()
      this.#expect(told, reply)
      yield told
      yield* this.#slots(reply)
    } else if (reply.type === 'begin') yield* this.#descend(reply.salt, reply.turn)
    else this.#end(reply.type, seq)
  }

  async *#answer(): AsyncGenerator<Message> {
    const { digest } = await this.#inbox.take('digest')
    const own = this.#digest()
    const { peer } = this.#channel
    const states = [sumOf(digest), sumOf(own)] as const
    if (!isEqual(digest.version, own.version) && this.#context.mayPull(peer, ...states)) {
      this.#pulledAt = states
      yield* this.#slots(yield* this.#swapVersions())
    } else if (!isEqual(digest.root, own.root)) {
      const { mayDescend, descended, random } = this.#context
      const roots = [peer, digest.root, own.root] as const
      if (!mayDescend(...roots)) return yield { type: 'begin', salt: 0, turn: NOTHING_TO_SAY }
      yield* this.#descend(Math.floor(random() * 2 ** 32), undefined)
      descended(...roots)
    } else {
      this.#end('same', this.#context.counter.seq)
      yield { type: 'same', wallMs: wallOf(this.#context.clock) }
    }
  }

  /** Tells first what is held, since it was asked. */
  async *#swapVersions(): AsyncGenerator<Message, Told> {
    const endTurn = await this.#context.underWay.turn()
    try {
      const told = this.#version()
      yield told
      const theirs = await this.#inbox.take('version')
      this.#expect(told, theirs)
      return theirs
    } finally {
      endTurn()
    }
  }

  /** @param seq this replica's last operation when it made its digest */
  #end(kind: 'same' | 'busy', seq: number): void {
    this.#outcome.kind = kind
    if (kind === 'same') this.#outcome.holds = seq
  }

  async *#refuse(): AsyncGenerator<Message> {
    await this.#inbox.take('digest')
    this.#outcome.kind = 'busy'
    yield { type: 'busy' }
  }

  #digest(): Digest {
    const digest = this.#context.counter.digest()
    return this.#context.descendOnly === true ? { ...digest, version: NOTHING } : digest
  }

  #version(): Told {
    const { counter, journal, unnamed, underWay, clock } = this.#context
    const version = new Map(counter.version)
    const closed = journal.closed.above(version).filter(({ replica }) => !unnamed.has(replica))
    for (const [replica, seq] of underWay.reached())
      if (this.#mayClaim(replica) && seq > (version.get(replica) ?? 0)) {
        version.set(replica, seq)
        this.#claimed.add(replica)
        this.#outcome.isWhole = false
      }
    for (const replica of unnamed) version.delete(replica)
    return { type: 'version', wallMs: wallOf(clock), version, closed }
  }

  /** An owner is told the truth of what is its own; and none is told more of one's own than is held. */
  #mayClaim(replica: string): boolean {
    return ![this.#context.self, this.#channel.peer].includes(peerOf(replica))
  }

  /** Having told what it lacks, and been told what the peer holds. */
  #expect({ version: told }: Told, { version: theirs }: Told): void {
    if (this.#hasHeardAll) return
    const { members, underWay } = this.#context
    const { peer } = this.#channel
    const coming = [...theirs].filter(
      ([replica, seq]) => seq > (told.get(replica) ?? 0) && mayHandOn(peer, replica, members),
    )
    this.#transfer = underWay.begin(new Map(coming))
  }

  *#slots({ version: theirs, closed }: Told): Generator<Message> {
    const { counter, beyond, messageSizes } = this.#context
    this.#outcome.lag = lagBetween(counter.version, theirs)
    // The stream keeps order, and its end tells that all of it was taken.
    this.#outcome.holds = counter.seq
    const { peer } = this.#channel
    const unsent = (delta: KeyedDelta): KeyedDelta => beyond.unsent(peer, delta, this.#beyond)
    const bytes = messageSizes.of(peer)
    for (const deltas of missing(counter, theirs, this.#mayISend, closed, unsent, bytes)) {
      this.#countSent(deltas)
      yield { type: 'slots', deltas }
    }
    // Of whatever size: one a message.
    for (const delta of this.#context.signed.missing(theirs, this.#mayISend))
      yield { type: 'signed', deltas: [delta] }
  }

  /** Turn by turn, until neither side has more to say. */
  async *#descend(salt: number, begun: DescentTurn | undefined): AsyncGenerator<Message> {
    const { counter, messageSizes } = this.#context
    const bytes = messageSizes.of(this.#channel.peer)
    // A turn is waited for, and so as large as may be where the link is known to carry it.
    const turnBytes = bytes < MOST_BYTES ? bytes : undefined
    const descent = new Descent(counter, salt, this.#mayISend, turnBytes)
    this.#outcome.kind = 'descended'
    if (begun === undefined) descent.begin()
    let theirs = begun
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      if (theirs !== undefined) {
        descent.take(theirs)
        await this.#joins.permitted([...theirs.offers, ...theirs.replies])
      }
      const ours = descent.next()
      const isSilent = !ours.waits && ours.replies.length === 0
      if (theirs !== undefined && !theirs.waits && isSilent) return
      this.#countSent([...ours.offers, ...ours.replies])
      yield theirs === undefined
        ? { type: 'begin', salt, turn: ours }
        : { type: 'descent', turn: ours }
      if (theirs !== undefined && !theirs.waits && !ours.waits) return
      theirs = (await this.#inbox.takeOrEnd(ours.waits, 'descent'))?.turn
      if (theirs === undefined) return
    }
    throw new TallymeshError('ERR_PROTOCOL', `a descent took more than ${MAX_TURNS} turns`)
  }

  /** Nothing of what is claimed and not held: the parts of a transfer are closed up to what was told. */
  readonly #mayISend = (replica: string): boolean =>
    !this.#claimed.has(replica) && mayHandOn(this.#context.self, replica, this.#context.members)

  #countSent(deltas: readonly Delta[]): void {
    for (const { units } of deltas) this.#outcome.sent += units.length
  }

  async *#send(messages: AsyncGenerator<Message>): AsyncGenerator<Uint8Array> {
    for await (const message of messages) {
      const bytes = encodeMessage(message)
      this.#watchdog.pat(bytes.length)
      yield bytes
    }
    this.#watchdog.pat()
  }

  // What is heard

  async #receive(): Promise<void> {
    try {
      for await (const bytes of this.#channel.source) {
        this.#watchdog.pat(bytes.length)
        await this.#take(decodeMessage(bytes))
        this.#transfer?.moved()
      }
    } finally {
      this.#hasHeardAll = true
      this.#transfer?.end()
    }
    this.#inbox.end()
  }

  async #take(message: Received): Promise<void> {
    if (message.type === 'version') this.#theirs = message.version
    if (message.type !== 'slots' && message.type !== 'signed') return this.#inbox.put(message)
    if (this.#theirs === undefined) throw outOfTurn(message)
    if (message.type === 'signed') await this.#joins.signed(message.deltas)
    else await this.#joins.slots(message.deltas, this.#theirs)
    // The disk's time is not the peer's fault.
    this.#watchdog.pat()
  }
}

/** Operations that one holds and the other does not, both ways. */
const lagBetween = (ours: VersionVector, theirs: VersionVector): number => {
  let lag = 0
  for (const [replica, seq] of ours) lag += Math.max(0, seq - (theirs.get(replica) ?? 0))
  for (const [replica, seq] of theirs) lag += Math.max(0, seq - (ours.get(replica) ?? 0))
  return lag
}

/** A clock before 1970 is no clock. */
const wallOf = (clock: Clock): number => Math.max(0, Math.round(clock.wall()))

/** All of a state in one hash. */
const sumOf = ({ root, version }: Digest): Hash64 => ({
  low: (root.low + version.low) >>> 0,
  high: (root.high + version.high) >>> 0,
})

const isEqual = (a: Hash64, b: Hash64): boolean => a.low === b.low && a.high === b.high
