// What a replica does: tells of its writes, listens, and compares itself with others until all agree.
import {
  TallymeshError,
  type Delta,
  type DistributedKeyCounter,
  type Joined,
} from '@tallymesh/core'
import { Beyond } from './beyond.ts'
import type { Clock, Random } from './clock.ts'
import { noReplicatorCounts, type ExchangeRole, type ReplicatorCounts } from './counts.ts'
import { DescentGate } from './descent-gate.ts'
import { ExchangeQueue } from './exchange-queue.ts'
import { answer, ask, refuse } from './exchange.ts'
import type { ExchangeContext, Outcome } from './exchange-context.ts'
import { Gossip, readGossip } from './gossip.ts'
import type { Intake } from './intake.ts'
import type { Journal } from './journal.ts'
import { MessageSizes } from './message-sizes.ts'
import type { Channel, Network, Verdict } from './network.ts'
import { PeerTable } from './peer-table.ts'
import { Rota } from './rota.ts'
import { SignedDeltas } from './signed-deltas.ts'
import type { PeerStatus } from './types.ts'
import { UnderWay } from './under-way.ts'

/** Between exchanges with one peer or another, while anything is out of step. Jittered by half. */
const INTERVAL_MS = 1000
/** Up to so many times as long while exchanges find nothing: idle peers stay near silent. */
const MAX_IDLE_FACTOR = 16
/** How long the one who does not ask first waits to be asked. */
const GRACE_MS = 250
/** Exchanges answered at one time, one a peer; who comes on top is told to ask later. */
const MAX_ANSWERING = 4
/** Slots and requests that gossip brought and the disk has not taken: a slow disk costs no memory. */
const MAX_HEARD = 65_536
/** Clocks that are further apart are warned of. */
const CLOCK_LIMIT_MS = 1000

/** Forks that are remembered: peers can make up any number. */
const MAX_FORKS = 100

export interface ReplicatorOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly intake: Pick<Intake, 'admit' | 'mayHear' | 'noteWrong'>
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly namespace: string
  readonly members: readonly string[]
  readonly log: Log
  /** A peer came, left, or was compared with. */
  readonly peersChanged: () => void
  /** An exchange with a peer went to its end, and left nothing out. */
  readonly exchanged: (peer: string, received: number) => void
  /** Gossip of a peer brought so many slots. */
  readonly gossiped: (peer: string, received: number) => void
}

/** Where to tell what an operator may want to know. */
export interface Log {
  /** Daily life: of note to whoever looks for it. */
  info(message: string, details: Readonly<Record<string, unknown>>): void
  /** What someone should look into. */
  warn(message: string, details: Readonly<Record<string, unknown>>): void
}

export class Replicator {
  readonly #options: ReplicatorOptions
  readonly #context: ExchangeContext
  readonly #gossip: Gossip
  readonly #queue: ExchangeQueue
  readonly #peers = new PeerTable()
  readonly #rota: Rota
  readonly #gate: DescentGate
  readonly #pullGate: DescentGate
  readonly #beyond: Beyond
  readonly #messageSizes = new MessageSizes()
  /** Replica ids that two writers are seen to have used. */
  readonly forks: Set<string> = new Set()
  /** Deltas under their owners' signatures, to be handed on. */
  readonly signed: SignedDeltas = new SignedDeltas()
  readonly counts: ReplicatorCounts = noReplicatorCounts()
  /** Peers of whose deltas a gap was seen, until an exchange with them. */
  readonly #gapSeen = new Set<string>()
  readonly #answering = new Set<string>()
  /** Peers whose clocks were warned of. */
  readonly #clocksOff = new Set<string>()
  #heard = 0
  #idleFactor = 1
  #cancelTick: () => void = () => {}
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(options: ReplicatorOptions) {
    this.#options = options
    this.#gate = new DescentGate(options.clock)
    this.#pullGate = new DescentGate(options.clock)
    this.#beyond = new Beyond(options.clock)
    this.#rota = new Rota(options.random)
    this.#context = {
      ...options,
      self: options.network.self,
      verify: (...args) => options.network.verify(...args),
      signed: this.signed,
      unnamed: new Set(),
      beyond: this.#beyond,
      messageSizes: this.#messageSizes,
      underWay: new UnderWay(options.clock),
      joined: (peer, joined) => {
        this.counts.deltas.exchange++
        this.#noteForks(peer, joined)
      },
      mayPull: (peer, theirs, ours) => this.#pullGate.mayBegin(peer, theirs, ours),
      pulled: (peer, theirs, ours) => this.#pullGate.ended(peer, theirs, ours),
      mayDescend: (peer, theirs, ours) => this.#gate.mayBegin(peer, theirs, ours),
      descended: (peer, theirs, ours) => this.#gate.ended(peer, theirs, ours),
    }
    this.#gossip = new Gossip(options.counter, options.network, options.clock)
    this.#queue = new ExchangeQueue(options.clock, (peer) => this.#track(this.#ask(peer)))
  }

  start(): void {
    this.#scheduleTick()
  }

  /** Breaks off what is under way. The network is to be stopped along with it. */
  async stop(): Promise<void> {
    this.#cancelTick()
    this.#gossip.stop()
    this.#queue.stop()
    this.#stopping.abort(new TallymeshError('ERR_STOPPED', 'the service has been stopped'))
    await Promise.all(this.#underWay)
  }

  /** The state has moved: tell of it. */
  committed(): void {
    this.#gossip.flushSoon()
  }

  /** Gossip messages sent since the start. */
  get published(): number {
    return this.#gossip.sent
  }

  /** The bytes of them. */
  get publishedBytes(): number {
    return this.#gossip.sentBytes
  }

  /** For so long, something has been known to be out of step with a peer in reach. */
  apartMs(): number {
    const now = this.#options.clock.now()
    return now - Math.min(now, this.#peers.apartSince())
  }

  peers(): PeerStatus[] {
    return this.#peers.status(this.#options.network.peers())
  }

  // Gossip

  /** A gossip message came. */
  hear(author: string, message: Uint8Array): Verdict {
    this.counts.received++
    this.counts.receivedBytes += message.byteLength
    try {
      const delta = readGossip(author, message)
      // What is left out here is a gap to the next delta, and pulled.
      if (this.#heard > MAX_HEARD || !this.#options.intake.mayHear(author, delta)) {
        this.counts.ignored++
        return 'ignore'
      }
      void this.#track(this.#joinGossip(author, delta))
      return 'accept'
    } catch (error) {
      this.counts.rejected++
      this.#options.log.warn('rejected gossip', { peer: author, error })
      return 'reject'
    }
  }

  async #joinGossip(author: string, delta: Delta): Promise<void> {
    const weight = weightOf(delta)
    this.#heard += weight
    try {
      const joined = await this.#options.journal.join([delta], author)
      this.counts.deltas.gossip++
      this.#options.gossiped(author, joined.changed.size)
      this.#noteForks(author, joined)
      this.#noteGaps(author, joined)
    } catch (error) {
      // The store refused: anti-entropy brings it once the store is well.
      this.#options.log.warn('could not keep what gossip brought', { peer: author, error })
    } finally {
      this.#heard -= weight
    }
  }

  #noteForks(peer: string, { forks }: Joined): void {
    if (forks.size === 0) return
    for (const replica of forks) if (this.forks.size < MAX_FORKS) this.forks.add(replica)
    this.#options.log.warn('two writers used one replica id', { peer, replicas: [...forks] })
  }

  #noteGaps(author: string, { gaps }: Joined): void {
    if (gaps.size === 0) return
    this.counts.gaps++
    this.#stir()
    const peer = this.#peers.isConnected(author) ? author : this.#rota.next(this.#peers.connected())
    if (peer === undefined) return
    this.#peers.noteApart(peer, this.#options.clock.now())
    this.#gapSeen.add(peer)
    this.#queue.want(peer)
  }

  // Peers

  connect(peer: string): void {
    this.#peers.connect(peer, this.#options.clock.now())
    this.#stir()
    this.#options.peersChanged()
    // One exchange serves both sides. The other side asks where it was not asked.
    if (this.#options.network.self < peer) this.#queue.want(peer)
    else this.#options.clock.after(GRACE_MS, () => this.#askUnlessAsked(peer))
  }

  #askUnlessAsked(peer: string): void {
    if (this.#peers.isUntried(peer)) this.#queue.want(peer)
  }

  /** Compares itself with whoever's turn it is, within a second or two. */
  compareSoon(): void {
    this.#stir()
  }

  /** Compares itself with a peer as soon as may be. */
  want(peer: string): void {
    if (this.#peers.isConnected(peer)) this.#queue.want(peer)
  }

  disconnect(peer: string): void {
    this.#peers.disconnect(peer)
    this.#queue.forget(peer)
    this.#rota.forget(peer)
    this.#gapSeen.delete(peer)
    this.#gate.forget(peer)
    this.#pullGate.forget(peer)
    this.#beyond.forget(peer)
    this.#messageSizes.forget(peer)
    this.#clocksOff.delete(peer)
    this.#options.peersChanged()
  }

  /** Who may lack what came in lately goes first: at the end of a line, nobody else tells. */
  #nextPeer(): string | undefined {
    return (
      this.#rota.next(this.#peers.behind()) ??
      this.#rota.next(this.#someMembers()) ??
      this.#rota.next(this.#peers.connected())
    )
  }

  /** Half of the time: of many who hold what is lacking here, none else may hand it on. */
  #someMembers(): readonly string[] {
    const { members, random } = this.#options
    if (members.length === 0 || random() < 0.5) return []
    return this.#peers.connected().filter((peer) => members.includes(peer))
  }

  #scheduleTick(): void {
    const delay = INTERVAL_MS * this.#idleFactor * (0.5 + this.#options.random())
    this.#cancelTick = this.#options.clock.after(delay, () => {
      const peer = this.#nextPeer()
      if (peer !== undefined) this.#queue.want(peer)
      this.#scheduleTick()
    })
  }

  /** Something is out of step: the next exchange is soon, however long the wait had become. */
  #stir(): void {
    if (this.#idleFactor === 1 || this.#stopping.signal.aborted) return
    this.#idleFactor = 1
    this.#cancelTick()
    this.#scheduleTick()
  }

  // Exchanges

  /** False where it was of no use, and the next may wait. */
  async #ask(peer: string): Promise<boolean> {
    const gapSeen = this.#gapSeen.delete(peer)
    try {
      const channel = await this.#options.network.open(peer, 'sync', this.#stopping.signal)
      const outcome = await this.#guard(channel, ask(this.#context, channel))
      this.#note(peer, outcome, 'asked')
      return outcome.kind !== 'busy' && (outcome.received > 0 || !gapSeen)
    } catch (error) {
      this.#noteFailure(peer, error, 'asked')
      return false
    }
  }

  /** A peer opened a stream, to compare itself. */
  answer(channel: Channel): void {
    void this.#track(this.#beAsked(channel))
  }

  async #beAsked(channel: Channel): Promise<void> {
    const { peer } = channel
    // Where two ask each other at once, the one of the smaller id is answered.
    const crossed = this.#queue.isRunning(peer) && this.#options.network.self < peer
    const isBusy = this.#answering.has(peer) || this.#answering.size >= MAX_ANSWERING
    if (crossed || isBusy) return this.#conclude(channel, refuse)
    this.#answering.add(peer)
    await this.#conclude(channel, answer)
    this.#answering.delete(peer)
  }

  async #conclude(channel: Channel, role: typeof answer): Promise<void> {
    const { peer } = channel
    try {
      this.#note(peer, await this.#guard(channel, role(this.#context, channel)), 'answered')
    } catch (error) {
      this.#noteFailure(peer, error, 'answered')
    }
  }

  /** Drops the stream of an exchange when the replica stops. */
  async #guard(channel: Channel, exchange: Promise<Outcome>): Promise<Outcome> {
    const { signal } = this.#stopping
    const abort = (): void => channel.abort(signal.reason as Error)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    try {
      return await exchange
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #note(peer: string, outcome: Outcome, role: ExchangeRole): void {
    const { kind, sent, received, refused } = outcome
    this.counts.exchanges[role][kind]++
    if (kind === 'busy') return
    const { slots } = this.counts
    slots.sent += sent
    slots.received += received
    slots.refused += refused
    this.counts.completed++
    if (outcome.isWhole) this.#options.exchanged(peer, received)
    this.#peers.note(peer, outcome, this.#options.clock.now())
    this.#noteClock(peer)
    if (sent + received > 0) this.#stir()
    else if (this.#peers.behind().length === 0)
      this.#idleFactor = Math.min(this.#idleFactor * 2, MAX_IDLE_FACTOR)
    if (received > 0) this.#options.log.info('caught up', { peer, slots: received })
    this.#options.peersChanged()
  }

  #noteClock(peer: string): void {
    const offsetMs = Math.round(this.#peers.clockOffsetMs(peer) ?? 0)
    const isOff = Math.abs(offsetMs) > CLOCK_LIMIT_MS
    if (isOff === this.#clocksOff.has(peer)) return
    if (!isOff) return void this.#clocksOff.delete(peer)
    this.#clocksOff.add(peer)
    // Nothing goes by it; but times that people see, and logs, do not fit each other.
    this.#options.log.warn('clocks are apart', { peer, offsetMs })
  }

  #noteFailure(peer: string, error: unknown, role: ExchangeRole): void {
    if (this.#stopping.signal.aborted) return
    this.counts.failed++
    this.counts.exchanges[role].failed++
    this.#peers.noteApart(peer, this.#options.clock.now())
    if (isMalformed(error)) this.#options.intake.noteWrong(peer)
    this.#stir()
    this.#options.log.info('an exchange failed', { peer, error })
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }
}

const isMalformed = (error: unknown): boolean =>
  error instanceof TallymeshError && error.code === 'ERR_MALFORMED'

const weightOf = ({ units, floor }: Delta): number =>
  units.reduce(
    (weight, { requests }) => weight + 1 + requests.length,
    1 + (floor?.kept.length ?? 0),
  )
