// A member's answers to what is proposed to it, or asked of it by those who have no vote.
import { TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import type { Acceptor } from './acceptor.ts'
import type { Clock } from './clock.ts'
import { limited } from './limited.ts'
import { isVote, namesOf, partOf, type Answer, type Errand, type Proposal } from './proposal.ts'
import type { Need, Quorum } from './quorum.ts'

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
 * The answers, in order.
 *
 * @throws {TallymeshError} `ERR_NOT_READY` where this member may not vote; what the store throws; where
 *   no majority was reached in time
 */
export const serveProposals = async (
  options: ServingOptions,
  peer: string,
  proposals: readonly Proposal[],
): Promise<Answer[]> => {
  const { acceptor, mayVote } = options
  const checkVote = (): void => {
    if (proposals.some(({ mode }) => isVote(mode)) && !mayVote())
      throw new TallymeshError('ERR_NOT_READY', 'this member may not vote now')
  }
  checkVote()
  await acceptor.join(peer, proposals)
  // What came may have shown that this store went back in time.
  checkVote()
  return await Promise.all(
    proposals.map(async (proposal) => {
      const { mode } = proposal
      if (isVote(mode)) return acceptor.judge(proposal)
      return mode === 'vouch' ? vouch(options, proposal) : doFor(options, mode, acceptor, proposal)
    }),
  )
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
    if (!mayVote()) throw new TallymeshError('ERR_NOT_READY', 'this member may not vote now')
    const { version } = counter
    const lacks = slots.flatMap(({ replica, seq }, place) =>
      (version.get(replica) ?? 0) < seq ? [place] : [],
    )
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
