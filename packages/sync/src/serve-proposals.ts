// A member's answers to what is proposed to it, or asked of it by those who have no vote.
import { TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import type { Acceptor } from './acceptor.ts'
import type { Clock } from './clock.ts'
import { limited } from './limited.ts'
import {
  isVote,
  namesOf,
  partOf,
  type Answer,
  type Errand,
  type Need,
  type Proposal,
} from './proposal.ts'
import type { Quorum } from './quorum.ts'

/** What is done for one who has no vote may take so long; who wants more asks again. */
const LIMIT_MS = 5000

export interface ServingOptions {
  readonly counter: DistributedKeyCounter
  readonly clock: Clock
  readonly acceptor: Acceptor
  readonly quorum: Quorum
  readonly mayVote: () => boolean
  /** Resolves when what is counted here is no longer provisional. */
  readonly whenProven: (signal: AbortSignal) => Promise<void>
  /** Aborted when this peer stops. */
  readonly stopping: AbortSignal
}

/**
 * Answers what is asked of this member: votes one by one as they are cast, errands together. Of votes
 * that have to wait for their turn, the others do not wait.
 *
 * @param tell is given answers that follow each other, and the place of the first of them
 * @throws {TallymeshError} `ERR_NOT_READY` where this member may not vote; what the store throws; where
 *   no majority was reached in time
 */
export const serveProposals = async (
  options: ServingOptions,
  peer: string,
  proposals: readonly Proposal[],
  tell: (place: number, answers: readonly Answer[]) => void,
): Promise<void> => {
  const { acceptor, mayVote } = options
  const areVotes = proposals.some(({ mode }) => isVote(mode))
  const checkVote = (): void => {
    if (areVotes && !mayVote()) throw mayNotVote()
  }
  acceptor.heard(peer, proposals)
  checkVote()
  await acceptor.join(peer, proposals)
  // What came may have shown that this store went back in time.
  checkVote()
  if (areVotes) return await vote(acceptor, peer, proposals, tell)
  const errands = proposals.map((proposal) =>
    proposal.mode === 'vouch'
      ? vouch(options, proposal)
      : doFor(options, proposal.mode as Errand, acceptor, proposal),
  )
  tell(0, await Promise.all(errands))
}

const mayNotVote = (): TallymeshError =>
  new TallymeshError('ERR_NOT_READY', 'this member may not vote now')

const vote = async (
  acceptor: Acceptor,
  peer: string,
  proposals: readonly Proposal[],
  tell: (place: number, answers: readonly Answer[]) => void,
): Promise<void> => {
  /** Of those that are answered at once. */
  const answers: (Answer | undefined)[] = []
  let isAtOnce = true
  const late = proposals.map((proposal, place) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    acceptor.judge(peer, proposal, (answer) => {
      if (answer === undefined) return reject(mayNotVote())
      if (isAtOnce) answers[place] = answer
      else tell(place, [answer])
      resolve()
    })
    return promise
  })
  isAtOnce = false
  for (const [place, run] of runsOf(answers)) tell(place, run)
  await Promise.all(late)
}

/** What stands side by side in a list with gaps, each with the place of its first. */
const runsOf = (answers: readonly (Answer | undefined)[]): Map<number, Answer[]> => {
  const runs = new Map<number, Answer[]>()
  let run: Answer[] | undefined
  for (let place = 0; place < answers.length; place++) {
    const answer = answers[place]
    if (answer === undefined) run = undefined
    else if (run === undefined) runs.set(place, (run = [answer]))
    else run.push(answer)
  }
  return runs
}

/**
 * What this member holds, once nothing of its own is hidden: for one that is about to forget what it
 * has written, if all of that is here.
 */
const vouch = (
  { counter, clock, whenProven, mayVote, stopping }: ServingOptions,
  { slots }: Proposal,
): Promise<Answer> =>
  limited(clock, LIMIT_MS, [stopping], async (signal) => {
    await whenProven(signal)
    const { version } = counter
    // Of what was lost with its store it may have told others, who are asked too. It says no, and does
    // not abstain: who is told so asks again at leisure.
    const knows = mayVote()
    const lacks = slots.flatMap(({ replica, seq }, place) => {
      const held = knows ? (version.get(replica) ?? 0) : 0
      return held < seq ? [{ place, held }] : []
    })
    if (lacks.length > 0) return { isAccepted: false, lacks, more: [] }
    const more = [...version].map(([replica, seq]) => ({ replica, seq }))
    return { isAccepted: true, lacks: [], more }
  })

const doFor = (
  { counter, clock, quorum, whenProven, stopping }: ServingOptions,
  mode: Errand,
  acceptor: Acceptor,
  proposal: Proposal,
): Promise<Answer> =>
  limited(clock, LIMIT_MS, [stopping], async (signal) => {
    const { key, slots } = proposal
    const [work, need] = mode.split('-') as ['read' | 'spread', Need]
    // What is provisional here nobody else may see, nor take for read.
    await whenProven(signal)
    if (work === 'spread') {
      const lacks = acceptor.lacks(proposal)
      if (lacks.length > 0) return { isAccepted: false, lacks, more: [] }
      await quorum.spread(key, need, signal)
      return { isAccepted: true, lacks: [], more: [] }
    }
    const reading = await quorum.read(key, need, signal)
    const known = new Map(slots.map(({ replica, seq }) => [replica, seq]))
    const more = [...namesOf(counter, key)]
      .filter(([replica, seq]) => seq > (known.get(replica) ?? 0))
      .map(([replica, seq]) => {
        const unit = partOf(counter, replica, key, known.get(replica) ?? 0)
        return { replica, seq, unit }
      })
    return { isAccepted: true, lacks: [], more, counter: reading }
  })
