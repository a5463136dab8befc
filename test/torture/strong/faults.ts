// What befalls members in a round: a seed's choice.
import type { SeededRandom } from '../../sim/random.ts'

export interface Fault {
  /** Its place in the cluster, from 0. */
  readonly peer: number
  /** `cut`: its link to the others. Where links can't be cut, it is frozen in place of that. */
  readonly kind: 'kill' | 'freeze' | 'freeze and kill' | 'cut'
  readonly afterMs: number
  /** How long it is down, frozen or cut off. */
  readonly forMs: number
}

export interface StrongRound {
  /** Acknowledged increments before. */
  readonly acknowledged: number
  readonly faults: readonly Fault[]
  /** Whether strong calls have to succeed at every peer before the next round. */
  readonly settles: boolean
}

/** How often so many are struck that the rest is no majority. */
const MAJORITIES = 0.2
const SETTLES = 0.3
const MOST_ACKNOWLEDGED = 60
const MOST_AFTER_MS = 300
/** Short ones are as likely as long ones; the longest outlast a member's patience with a silent line. */
const SHORTEST_MS = 20
const LONGEST_MS = 15_000

const KINDS = ['kill', 'kill', 'freeze', 'freeze', 'freeze and kill', 'cut', 'cut', 'cut'] as const

const between = (random: SeededRandom, least: number, most: number): number =>
  least * (most / least) ** random.next()

export const planStrongRound = (
  random: SeededRandom,
  peers: number,
  longestMs: number = LONGEST_MS,
): StrongRound => {
  const minority = Math.ceil(peers / 2) - 1
  const most = random.chance(MAJORITIES) ? peers : minority
  const victims = random.shuffle(Array.from({ length: peers }, (_, peer) => peer))
  return {
    acknowledged: Math.round(between(random, 1, MOST_ACKNOWLEDGED)),
    faults: victims.slice(0, random.int(1, most)).map((peer) => ({
      peer,
      kind: random.pick(KINDS),
      afterMs: random.between(0, MOST_AFTER_MS),
      forMs: between(random, SHORTEST_MS, longestMs),
    })),
    settles: random.chance(SETTLES),
  }
}
