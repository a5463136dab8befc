// What all attacks are given, and how they go on when they were cut off: under a new id.
import { Attacker } from './attacker.ts'
import type { Channel } from '../../packages/sync/src/network.ts'

export interface Target {
  /** Where the victim listens. */
  readonly address: string
  readonly victim: string
  /** All members, the victim among them. */
  readonly members: readonly string[]
  /** A key that honest clients count on, and whose value is not to move by anything else. */
  readonly key: string
}

export interface Attack {
  readonly name: string
  /** How it answers a peer that opens an exchange with it. */
  readonly answer?: (channel: Channel, target: Target) => void
  /** One go: it is done again until the time is over. */
  go(attacker: Attacker, target: Target): Promise<void>
}

export interface Damage {
  /** How often it was gone through. */
  readonly goes: number
  /** How many ids were used up. */
  readonly ids: number
}

/** The first go takes so long at least, unless it is over before: on a busy machine, none would be else. */
const FIRST_GO_MS = 4000
/** How long one waits who was turned away at the door. */
const AGAIN_MS = 200

/** Attacks for so long, under ever new ids. */
export const attackFor = async (attack: Attack, target: Target, ms: number): Promise<Damage> => {
  const startedAt = performance.now()
  const end = startedAt + ms
  let [goes, ids] = [0, 0]
  while (performance.now() < end) {
    try {
      await using attacker = await Attacker.start(target.address, (channel) =>
        attack.answer?.(channel, target),
      )
      ids++
      while (attacker.isConnected && performance.now() < end) {
        const until = goes === 0 ? Math.max(end, startedAt + FIRST_GO_MS) : end
        await within(until - performance.now(), attack.go(attacker, target))
        goes++
      }
    } catch {
      await within(AGAIN_MS, new Promise(() => {}))
    }
  }
  return { goes, ids }
}

/** Waits no longer than that: what goes on then ends with the attacker. */
const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms))
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
