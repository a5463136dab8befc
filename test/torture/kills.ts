// When peers are killed: a seed's choice.
import type { SeededRandom } from '../sim/random.ts'

/** A start that is cut short. */
export interface EarlyKill {
  readonly at: 'starting' | 'ready'
  /** Of the time that a start takes; or of READY_KILL_MS after the ready line. From 0 to 1. */
  readonly share: number
}

export interface Victim {
  /** Its place in the cluster, from 0. */
  readonly peer: number
  /** Before the start that is let be. */
  readonly early: readonly EarlyKill[]
}

export interface Round {
  /** Acknowledged increments before the kill. */
  readonly acknowledged: number
  /** And after those, so that kills come at no special moment of a peer's work. Milliseconds. */
  readonly thenMs: number
  readonly victims: readonly Victim[]
}

/** "Within ms of its ready line". */
export const READY_KILL_MS = 20

const MOST_ACKNOWLEDGED = 300
const MOST_THEN_MS = 20
const MOST_EARLY_KILLS = 2
/** How often all peers are killed at once, where there are several. */
const ALL_AT_ONCE = 0.15
const EARLY = 0.4

export const planRound = (random: SeededRandom, peers: number): Round => {
  const all = Array.from({ length: peers }, (_, peer) => peer)
  const victims = random.chance(ALL_AT_ONCE) ? all : [random.pick(all)]
  return {
    // Short ones are as likely as long ones.
    acknowledged: Math.round(MOST_ACKNOWLEDGED ** random.next()),
    thenMs: random.between(0, MOST_THEN_MS),
    victims: victims.map((peer) => ({ peer, early: planEarlyKills(random) })),
  }
}

const planEarlyKills = (random: SeededRandom): EarlyKill[] => {
  if (!random.chance(EARLY)) return []
  const length = random.int(1, MOST_EARLY_KILLS)
  return Array.from({ length }, () => ({
    at: random.chance(0.5) ? 'starting' : 'ready',
    share: random.next(),
  }))
}
