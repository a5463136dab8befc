// A member's answers to what is proposed to it, or asked of it by those who have no vote.
import { TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import type { Acceptor } from './acceptor.ts'
import type { Clock } from './clock.ts'
import { limited } from './limited.ts'
import { namesOf, unitOf, type Answer, type Mode, type Proposal } from './proposal.ts'
import type { Need, Quorum } from './quorum.ts'

/** What is done for one who has no vote may take so long; who wants more asks again. */
const LIMIT_MS = 5000

export interface ServingOptions {
  readonly counter: DistributedKeyCounter
  readonly clock: Clock
  readonly acceptor: Acceptor
  readonly quorum: Quorum
  readonly mayVote: () => boolean
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
  const votes = proposals.some(({ mode }) => mode === 'hold' || mode === 'agree')
  if (votes && !mayVote()) throw new TallymeshError('ERR_NOT_READY', 'this member may not vote now')
  const answers = await acceptor.take(peer, proposals)
  return await Promise.all(
    answers.map(async (answer, i) => {
      const { mode } = proposals[i]!
      return isVote(mode) ? answer : doFor(options, mode, proposals[i]!)
    }),
  )
}

const isVote = (mode: Mode): mode is 'hold' | 'agree' => mode === 'hold' || mode === 'agree'

const doFor = (
  { counter, clock, quorum }: ServingOptions,
  mode: Exclude<Mode, 'hold' | 'agree'>,
  { key, slots }: Proposal,
): Promise<Answer> =>
  limited(clock, LIMIT_MS, undefined, async (signal) => {
    const [work, need] = mode.split('-') as ['read' | 'spread', Need]
    if (work === 'spread') {
      await quorum.spread(key, need, signal)
      return { isAccepted: true, lacks: [], more: [] }
    }
    const reading = await quorum.read(key, need, signal)
    const known = new Map(slots.map(({ replica, seq }) => [replica, seq]))
    const more = [...namesOf(counter, key)]
      .filter(([replica, seq]) => seq > (known.get(replica) ?? 0))
      .map(([replica, seq]) => {
        const unit = unitOf(counter, replica, key, known.get(replica) ?? 0)
        return { replica, seq, unit }
      })
    return { isAccepted: true, lacks: [], more, counter: reading }
  })
