// Clients that retry over three peers, which are killed and frozen meanwhile: what it all comes to.
import { setTimeout as pause } from 'node:timers/promises'
import { TallymeshClient } from '@tallymesh/client'
import { SeededRandom } from '../sim/random.ts'
import { getCounter } from '../support/peer-http.ts'
import { until } from '../support/until.ts'
import { RetriedCluster } from './cluster.ts'

export interface RetriesOptions {
  readonly seed: number
  /** How long clients count. */
  readonly seconds: number
  /** Whether increments carry request ids. */
  readonly hasIds: boolean
}

export interface RetriesResult {
  /** By key: what was asked for, and what all peers show in the end. */
  readonly sums: readonly { readonly key: string; readonly asked: bigint; readonly shown: bigint }[]
  readonly increments: number
  /** Calls to a peer that failed, or were given up. */
  readonly failures: number
  /** Answers that said that the request had counted before. */
  readonly duplicates: number
  readonly kills: number
  readonly freezes: number
}

const CLIENTS = 8
const KEYS = ['views', 'likes', 'sold']
/** Shorter than a peer is frozen, so that a retry overtakes its request. */
const ATTEMPT_MS = 700
const CALL_MS = 20_000
const CALM_MS = [200, 1500] as const
const FROZEN_MS = [300, 2500] as const
const DOWN_MS = [100, 1500] as const
/** A member that was away goes on under a new id after ten seconds at most. */
const EQUAL_WITHIN_MS = 60_000

export const countWithRetries = async ({
  seed,
  seconds,
  hasIds,
}: RetriesOptions): Promise<RetriesResult> => {
  await using cluster = await RetriedCluster.start()
  const random = new SeededRandom(`${seed}`)
  const counts = { increments: 0, failures: 0, duplicates: 0, kills: 0, freezes: 0 }
  const asked = new Map(KEYS.map((key) => [key, 0n]))
  let isOver = false

  const fetchAndCount: typeof fetch = async (...args) => {
    try {
      const response = await fetch(...args)
      if (!response.ok) counts.failures++
      return response
    } catch (error) {
      counts.failures++
      throw error
    }
  }
  const counting = async (own: SeededRandom): Promise<void> => {
    const urls = own.shuffle([...cluster.urls])
    const client = new TallymeshClient({
      urls,
      timeoutMs: CALL_MS,
      attemptMs: ATTEMPT_MS,
      retries: 100,
      fetch: (url, init) => fetchAndCount(url, init),
    })
    while (!isOver) {
      const key = own.pick(KEYS)
      const amount = BigInt(own.int(1, 9))
      if (hasIds) {
        const { duplicate } = await client.increment(key, amount)
        if (duplicate) counts.duplicates++
      } else await countWithoutId(fetchAndCount, urls, key, amount)
      counts.increments++
      asked.set(key, asked.get(key)! + amount)
    }
  }
  const disturb = async (own: SeededRandom): Promise<void> => {
    while (!isOver) {
      await pause(own.between(...CALM_MS))
      const peer = own.pick(cluster.peers)
      if (own.chance(0.5)) {
        counts.freezes++
        peer.freeze()
        await pause(own.between(...FROZEN_MS))
        peer.thaw()
      } else {
        counts.kills++
        await peer.kill()
        await pause(own.between(...DOWN_MS))
        await peer.start()
      }
    }
  }

  const work = [
    ...Array.from({ length: CLIENTS }, (_, i) => counting(random.fork(`client ${i}`))),
    disturb(random.fork('faults')),
  ]
  await Promise.race([pause(seconds * 1000), Promise.all(work)])
  isOver = true
  await Promise.all(work)

  const shownOf = (key: string): Promise<string[]> =>
    Promise.all(cluster.urls.map(async (url) => (await getCounter(url, key)).value))
  const sums = []
  for (const key of KEYS) {
    const wanted = asked.get(key)!
    let shown: string[] = []
    const settled = async (): Promise<boolean> => {
      shown = await shownOf(key)
      const isEqual = shown.every((value) => value === shown[0])
      return isEqual && (hasIds ? BigInt(shown[0]!) === wanted : BigInt(shown[0]!) >= wanted)
    }
    try {
      await until(`all peers agree on ${key}`, settled, { withinMs: EQUAL_WITHIN_MS, everyMs: 200 })
    } catch (cause) {
      const what = `${wanted} was asked for of ${key}, and the peers show ${shown.join(', ')}`
      throw new Error(what, { cause })
    }
    sums.push({ key, asked: wanted, shown: BigInt(shown[0]!) })
  }
  return { sums, ...counts }
}

/** As a client does it that knows nothing of request ids: until some peer says that it counted. */
const countWithoutId = async (
  send: typeof fetch,
  urls: readonly string[],
  key: string,
  amount: bigint,
): Promise<void> => {
  for (let tries = 0; ; tries++) {
    try {
      const response = await send(`${urls[tries % urls.length]}/v1/counters/${key}/increment`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ value: `${amount}` }),
        signal: AbortSignal.timeout(ATTEMPT_MS),
      })
      if (response.ok) return
      await response.body?.cancel()
    } catch {
      // Whether it counted, it can not know.
    }
    await pause(50)
  }
}
