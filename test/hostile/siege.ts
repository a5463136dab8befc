// Three members under honest load, one of them attacked: what they lose by it, and what they must not.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { end, endWithTests } from '../support/ending.ts'
import { Members, type MemberPeer } from '../support/members.ts'
import { getCounter, status } from '../support/peer-http.ts'
import { until } from '../support/until.ts'
import type { Orders } from './child.ts'
import { HonestLoad, type Lap } from './honest-load.ts'

/** The key that attackers lie about. */
const KEY = 'views'
const COUNTED = 1000
/** One that was told nothing catches up within this, on a machine that has other things to do. */
const EQUAL_WITHIN_MS = 60_000

export interface SiegeOptions {
  /** Names of the attacks, in their order. */
  readonly attacks: readonly string[]
  /** How long each goes on. */
  readonly ms: number
  readonly callers: number
  /** How long the honest load is measured before there is any attack. */
  readonly calmMs: number
  /** Told of each lap as it ends. */
  readonly onLap?: (lap: SiegeLap) => void
}

export interface SiegeLap extends Lap {
  /** The attack, or `'none'`. */
  readonly attack: string
  readonly goes: number
  /** Ids that the attacker used up. */
  readonly ids: number
  /** Memory of the member that takes the most, at its highest so far. */
  readonly peakBytes: number
}

export interface SiegeReport {
  readonly laps: readonly SiegeLap[]
  /** What was promised and not kept; nothing where all was well. */
  readonly violations: readonly string[]
  /** Times that the attacked member cut an attacker off. */
  readonly cutOff: number
}

export const besiege = async (options: SiegeOptions): Promise<SiegeReport> => {
  await using members = await Members.start(3)
  const { peers } = members
  const [victim] = peers as [MemberPeer, ...MemberPeer[]]
  for (const peer of peers) await peer.untilVerified()
  await count(victim, COUNTED)
  const laps: SiegeLap[] = []
  const counted = await underLoad(options, peers, laps)
  const violations = laps.flatMap(({ attack, failures }) =>
    failures.map((failure) => `an honest call failed under ${attack}: ${failure}`),
  )
  violations.push(...(await whatIsWrong(peers, counted.set(KEY, COUNTED))))
  const { limits } = (await status(victim.process.http)) as unknown as Limited
  return { laps, violations: [...new Set(violations)], cutOff: limits.cutOff }
}

interface Limited {
  readonly limits: { readonly cutOff: number }
}

const count = async ({ process: { http } }: MemberPeer, times: number): Promise<void> => {
  const body = JSON.stringify({
    increments: Array.from({ length: times }, () => ({ key: KEY, value: 1 })),
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${http}/v1/increments`, { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(await answer.text())
}

const underLoad = async (
  { attacks, ms, callers, calmMs, onLap }: SiegeOptions,
  peers: readonly MemberPeer[],
  laps: SiegeLap[],
): Promise<Map<string, number>> => {
  await using load = new HonestLoad(
    peers.map(({ process }) => process.http),
    callers,
  )
  const endLap = async (attack: string, goes: number, ids: number): Promise<void> => {
    const lap = { ...load.lap(), attack, goes, ids, peakBytes: await peakOf(peers) }
    laps.push(lap)
    onLap?.(lap)
  }
  await after(calmMs / 4)
  load.lap()
  await after(calmMs)
  await endLap('none', 0, 0)
  const [victim] = peers as [MemberPeer]
  const target = {
    address: victim.process.ready.listen[0]!,
    victim: victim.peerId,
    members: peers.map(({ peerId }) => peerId),
    key: KEY,
  }
  await attackBy({ target, ms, attacks }, async (event) => {
    if (event.event === 'begin') load.lap()
    else await endLap(event.attack, event.goes, event.ids)
  })
  return load.counted
}

const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

interface Told {
  readonly attack: string
  readonly event: 'begin' | 'end'
  readonly goes: number
  readonly ids: number
}

const attackBy = async (orders: Orders, told: (event: Told) => Promise<void>): Promise<void> => {
  const script = join(import.meta.dirname, 'child.ts')
  const args = ['--conditions=@tallymesh/source', script, JSON.stringify(orders)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  endWithTests(child, 'SIGKILL')
  const seen = new Set<string>()
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as Told
      if (event.event === 'end') seen.add(event.attack)
      await told(event)
    }
  } finally {
    await end(child, 'SIGKILL')
  }
  if (seen.size < orders.attacks.length)
    throw new Error(`The attacker ended after ${[...seen].join(', ')}.`)
}

/** The most that any of them has held, as the kernel counts it (resident set, Linux). */
const peakOf = async (peers: readonly MemberPeer[]): Promise<number> => {
  const peaks = peers.map(async ({ process: { pid } }) => {
    const told = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    return Number(/VmHWM:\s*(\d+) kB/.exec(told)?.[1] ?? 0) * 1024
  })
  return Math.max(...(await Promise.all(peaks)))
}

/** All members hold the same, and of honest counters exactly what was answered. */
const whatIsWrong = async (
  peers: readonly MemberPeer[],
  counted: ReadonlyMap<string, number>,
): Promise<string[]> => {
  let wrong: string[] = []
  const isWell = async (): Promise<boolean> => {
    wrong = []
    const told = await Promise.all(peers.map((peer) => peer.status()))
    if (new Set(told.map(({ root }) => root)).size > 1) wrong.push('members do not hold the same')
    for (const { process } of peers)
      for (const [key, value] of counted) {
        const held = (await getCounter(process.http, key)).value
        if (held !== `${value}`) wrong.push(`${key} is ${held} at ${process.http}, not ${value}`)
      }
    return wrong.length === 0
  }
  await until('all are well', isWell, { withinMs: EQUAL_WITHIN_MS, everyMs: 250 }).catch(
    () => false,
  )
  return wrong
}
