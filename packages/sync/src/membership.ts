// What a replica has to do with the members: their word on its id, and its own word where it is one.
import { TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import type { Clock, Random } from './clock.ts'
import { Acceptor } from './acceptor.ts'
import { Holders } from './holders.ts'
import { Holdings } from './holdings.ts'
import type { Intake } from './intake.ts'
import type { Journal } from './journal.ts'
import { Line } from './line.ts'
import { hashOfMembers } from './member-list.ts'
import { MemberLines } from './member-lines.ts'
import type { Channel, Network } from './network.ts'
import { unlessAborted } from './pause.ts'
import type { Answer, Proposal } from './proposal.ts'
import { Quorum } from './quorum.ts'
import type { Log } from './replicator.ts'
import { Reach, type ReachOptions, type ReachStatus } from './reach.ts'
import { serveProposals } from './serve-proposals.ts'
import { Verification } from './verification.ts'
import { Voting } from './voting.ts'

/** Without members: how long peers in reach are given to tell what they know. */
const ASKING_MS = 1000

export interface MembershipOptions {
  readonly counter: DistributedKeyCounter
  readonly journal: Journal
  readonly intake: Pick<Intake, 'admit'>
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The fixed list, this peer's id included where it is one. */
  readonly members: readonly string[]
  /** The store went back in time before, and it has not been made up for. */
  readonly isCatchingUp: boolean
  /** Aborted when the service is to stop. */
  readonly stopping: AbortSignal
  /** Members came in reach, or are out of it. */
  readonly changed: ReachOptions['changed']
  readonly healed: ReachOptions['healed']
  /** A strong read was agreed on, in so many rounds. */
  readonly agreed?: ((rounds: number) => void) | undefined
  /** A member can be asked, again perhaps after a time. */
  readonly found: (member: string) => void
}

export class Membership {
  readonly #options: MembershipOptions
  readonly #lines: MemberLines
  readonly #holders: Holders
  readonly #verification: Verification
  readonly #voting: Voting
  readonly #acceptor: Acceptor
  readonly #holdings = new Holdings()
  readonly #reach: Reach
  readonly #proven = Promise.withResolvers<void>()
  /** Strong reads and increments. */
  readonly quorum: Quorum
  readonly #underWay = new Set<Promise<void>>()

  constructor(options: MembershipOptions) {
    const { counter, network } = options
    this.#options = options
    const members = options.members.filter((member) => member !== network.self)
    const mayVote = (): boolean => this.#voting.mayVote
    const acceptor = new Acceptor({ ...options, mayVote })
    this.#acceptor = acceptor
    this.#reach = new Reach({ ...options, self: network.self })
    const whenProven = (signal: AbortSignal): Promise<void> => this.whenProven(signal)
    const serving = { ...options, acceptor, mayVote, whenProven }
    this.#voting = new Voting(options.members, network.self, () => {
      acceptor.forget()
      // Told again after a restart, where the store refuses now.
      options.journal.caughtUp().catch(() => undefined)
    })
    if (options.isCatchingUp) this.#voting.wentBack()
    this.#verification = new Verification({ ...options, members })
    const list = hashOfMembers(options.members)
    this.#lines = new MemberLines({
      ...options,
      members,
      list,
      epoch: () => counter.authorship.epoch,
      told: (member, word) => this.#verification.told(member, word),
      opened: (member) => {
        this.#reach.found(member)
        options.found(member)
        return this.#verification.opened()
      },
      answered: (...answer) => this.#holdings.learn(...answer),
      broke: (member) => {
        this.#reach.lost(member)
        this.#holdings.forget(member)
      },
    })
    this.quorum = new Quorum({
      ...options,
      acceptor,
      holdings: this.#holdings,
      lines: this.#lines,
      self: network.self,
      mayVote,
    })
    this.#holders = new Holders({
      ...options,
      list,
      asked: (peer, proposals, tell) =>
        serveProposals({ ...serving, quorum: this.quorum }, peer, proposals, tell),
    })
  }

  /** The id is to be proven, where it is provisional. */
  start(): void {
    this.#verification.start()
  }

  connect(peer: string): void {
    this.#lines.connect(peer)
  }

  disconnect(peer: string): void {
    this.#lines.disconnect(peer)
  }

  /** The replica's id is proven. */
  proven(): void {
    this.#voting.proven()
    this.#proven.resolve()
  }

  /** The replica has gone on under another id. */
  renewed(isRollback: boolean): void {
    if (isRollback) this.wentBack()
    this.proven()
    this.#lines.epochChanged()
  }

  /** The store may have gone back in time, or lost some of what it held: no vote until that is back. */
  wentBack(): void {
    this.#voting.wentBack()
  }

  /** An exchange with a peer went to its end. */
  exchanged(peer: string, received: number): void {
    this.#voting.exchanged(peer)
    this.#reach.exchanged(peer, received)
  }

  /** Gossip of a peer brought so many slots. */
  gossiped(peer: string, received: number): void {
    this.#reach.received(peer, received)
  }

  /** Asks a member, until it answers. */
  ask(member: string, proposal: Proposal, signal: AbortSignal): Promise<Answer> {
    return this.#lines.ask(member, proposal, signal)
  }

  /** Resolves when what is counted here is no longer provisional. */
  whenProven(signal: AbortSignal): Promise<void> {
    return unlessAborted(signal, this.#proven.promise)
  }

  /** Members that can be asked now, this peer among them where it is one, and those that can not. */
  reachNow(): { readonly reached: string[]; readonly missed: string[] } {
    const { members, network } = this.#options
    const open = new Set([network.self, ...this.#lines.open()])
    return {
      reached: members.filter((member) => open.has(member)),
      missed: members.filter((member) => !open.has(member)),
    }
  }

  /** Which members are in reach, blinks left out; nothing where none are configured. */
  reach(): ReachStatus | null {
    return this.#options.members.length === 0 ? null : this.#reach.status()
  }

  /** A peer opened a line. Those who are no members have no word to give. */
  serve(channel: Channel): void {
    const { members, network } = this.#options
    if (members.length > 0 && !members.includes(network.self))
      return channel.abort(new TallymeshError('ERR_PROTOCOL', 'this peer is no member'))
    const served = this.#holders.serve(channel)
    this.#underWay.add(served)
    void served.finally(() => this.#underWay.delete(served))
  }

  /**
   * Without members: whoever is in reach now may know more of this replica than its store. Where nobody
   * does, or nobody is there, it goes on under its id; that its store may be old goes unnoticed then.
   */
  async askAround(): Promise<void> {
    const { network, clock } = this.#options
    const peers = network.peers().map(({ peer }) => peer)
    if (peers.length === 0) return
    const limit = new AbortController()
    const cancel = clock.after(ASKING_MS, () =>
      limit.abort(new TallymeshError('ERR_TIMEOUT', 'it did not answer in time')),
    )
    await Promise.all(peers.map((peer) => this.#ask(peer, limit.signal)))
    cancel()
  }

  async #ask(peer: string, signal: AbortSignal): Promise<void> {
    const { network, clock, counter, journal } = this.#options
    const { epoch } = counter.authorship
    try {
      const channel = await network.open(peer, 'member', signal)
      const line: Line = new Line({
        channel,
        clock,
        pings: false,
        heard: (message) => {
          line.close(new TallymeshError('ERR_STOPPED', 'it has answered'))
          const knowsMore = message.type === 'known' && message.seq > counter.lastSeq(epoch)
          if (knowsMore)
            journal
              .renew(epoch, `${peer} knows more of it than this store`, true)
              .catch(() => undefined)
        },
      })
      const abort = (): void => line.close(signal.reason as Error)
      signal.addEventListener('abort', abort)
      line.say({ type: 'hello', instance: this.#lines.instance, epoch })
      await line.run()
      signal.removeEventListener('abort', abort)
    } catch {
      // Not in reach after all.
    }
  }

  async stop(): Promise<void> {
    this.#verification.stop()
    this.#reach.stop()
    this.#acceptor.stop()
    this.#holders.stop()
    await this.#lines.stop()
    await Promise.all(this.#underWay)
  }
}
