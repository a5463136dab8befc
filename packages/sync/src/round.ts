// One round of asking all members about a counter: what a majority says, or all.
import type { DistributedKeyCounter, Floor, Unit } from '@tallymesh/core'
import type { Acceptor } from './acceptor.ts'
import type { Clock } from './clock.ts'
import { isFloor } from './floor-names.ts'
import { peerOf } from './handing-on.ts'
import type { Holdings } from './holdings.ts'
import type { MemberLines } from './member-lines.ts'
import { pause } from './pause.ts'
import { partOf, type Answer, type NamedSlot, type Proposal } from './proposal.ts'

/** Before a member is asked again that may not vote, or does not take what it lacks. */
const RETRY_MS = 100
/** With so many request records, it is worth a round trip to ask first what a member holds. */
const MANY_REQUESTS = 16

/** What the rest of a round is given up with. */
export const ROUND_IS_OVER: Error = new Error('the round is over')

export interface RoundOptions {
  readonly counter: DistributedKeyCounter
  readonly lines: MemberLines
  readonly holdings: Holdings
  readonly acceptor: Acceptor
  /** The members, less this peer. */
  readonly others: readonly string[]
  /** This peer's id. */
  readonly self: string
  readonly clock: Clock
  /** Whether this peer, as a member, may vote now. */
  readonly mayVote: () => boolean
}

/** What is put to the members. To hold something, each is asked until it does. */
export interface Question {
  readonly mode: 'hold' | 'agree' | 'insist'
  readonly key: string
  /** As they stand: of a read, no later ones may be sent in their place. */
  readonly slots: readonly { readonly replica: string; readonly seq: number }[]
  /** How many have to accept. */
  readonly votes: number
  /** What a majority holds, and has not accepted, was taken up before: it is as fresh as the call. */
  readonly isFresh: boolean
}

/** How a round ended. */
export interface RoundEnd {
  /** So many as were needed have accepted the proposal. */
  readonly isAccepted: boolean
  /** Some hold more than was proposed. */
  readonly more: readonly NamedSlot[]
}

/**
 * Proposes to all members, and waits for as many as are needed.
 *
 * @throws the signal's reason
 */
export const runRound = async (
  options: RoundOptions,
  question: Question,
  signal: AbortSignal,
): Promise<RoundEnd> => {
  const { votes, isFresh } = question
  const over = new AbortController()
  const abort = (): void => over.abort(signal.reason)
  signal.addEventListener('abort', abort)
  const { promise, resolve, reject } = Promise.withResolvers<RoundEnd>()
  const more: NamedSlot[] = []
  let [accepted, answered] = [0, 0]
  const take = (answer: Answer): void => {
    answered++
    if (answer.isAccepted) accepted++
    more.push(...answer.more)
    const isAccepted = accepted >= votes && (isFresh || more.length === 0)
    const isOver = isAccepted || (question.mode !== 'hold' && answered >= votes)
    if (isOver) resolve({ isAccepted, more })
  }
  try {
    signal.throwIfAborted()
    // All that is sent is put together now: what is accepted is what stands here at this moment.
    for (const member of options.others)
      askOther(options, question, member, over.signal).then(take, reject)
    askOneself(options, question, over.signal).then(take, reject)
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    over.abort(ROUND_IS_OVER)
  }
}

const askOther = async (
  options: RoundOptions,
  question: Question,
  member: string,
  signal: AbortSignal,
): Promise<Answer> => {
  const { lines, clock } = options
  for (let tries = 1; ; tries++) {
    const proposal = proposalTo(options, question, member)
    const answer = await lines.ask(member, proposal, signal)
    // A read is put together anew, with what others told.
    if (question.mode !== 'hold' || answer.isAccepted) return answer
    if (tries > 1) await pause(clock, RETRY_MS, signal)
    signal.throwIfAborted()
  }
}

/** This member's own vote, which others would ask for again, too. */
const askOneself = async (
  { acceptor, self, clock, mayVote }: RoundOptions,
  { mode, key, slots }: Question,
  signal: AbortSignal,
): Promise<Answer> => {
  const proposal = { mode, key, slots: slots.map(({ replica, seq }) => ({ replica, seq })) }
  acceptor.heard(self, [proposal])
  for (;;) {
    while (!mayVote()) {
      await pause(clock, RETRY_MS, signal)
      signal.throwIfAborted()
    }
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    acceptor.judge(self, proposal, resolve)
    const answer = await promise
    if (answer !== undefined) return answer
    signal.throwIfAborted()
  }
}

const proposalTo = (options: RoundOptions, question: Question, member: string): Proposal => {
  const { mode, key, slots } = question
  return {
    mode,
    key,
    slots: slots.map(({ replica, seq }): NamedSlot => {
      const unit = unitFor(options, question, member, replica, seq)
      return unit === undefined ? { replica, seq } : { replica, seq, unit }
    }),
  }
}

/** What of a slot the member is known to lack. */
const unitFor = (
  { counter, holdings, self }: RoundOptions,
  { mode, key, isFresh }: Question,
  member: string,
  replica: string,
  seq: number,
): Unit | Floor | undefined => {
  const since = holdings.seq(member, key, replica)
  if (since !== undefined) return since >= seq ? undefined : partOf(counter, replica, key, since)
  // It is asked what it holds, or has what is only named, as a rule: the answer tells.
  if (!isFresh || (mode === 'hold' && peerOf(replica) !== self)) return undefined
  const part = partOf(counter, replica, key, 0)
  if (part === undefined || isFloor(part)) return part
  return part.requests.length <= MANY_REQUESTS ? part : undefined
}
