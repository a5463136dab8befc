// Three peers of one cluster, as `npm start -- --peers 3` runs them: they count, converge, and lose
// nothing when one is killed.
import { expect, test } from 'vitest'
import { ClusterProcess } from './support/cluster-process.ts'
import { type CounterAnswer, increment, listCounters, status } from './support/peer-http.ts'
import { PeerProcess } from './support/peer-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const INCREMENTS = 1000

/** The key of the single counter, which has routes of its own. */
const COUNT = 'count'

const KEYS: readonly string[] = [
  'k'.repeat(512),
  '__proto__',
  '🧮',
  'a/b?c#d%e f',
  ...Array.from({ length: 16 }, (_, i) => `key-${i}`),
  COUNT,
]

/** Positive, negative and zero, and now and then past what a JSON number holds. */
const AMOUNTS: readonly bigint[] = [1n, -3n, 0n, 250n, -9n, 2n ** 53n + 1n, -(2n ** 64n), 7n]

/** What all peers must report in the end. */
class Sums {
  readonly #counters = new Map<string, { value: bigint; ops: number }>()

  add(key: string, amount: bigint): void {
    const { value, ops } = this.#counters.get(key) ?? { value: 0n, ops: 0 }
    this.#counters.set(key, { value: value + amount, ops: ops + 1 })
  }

  /** As a peer lists them. */
  list(): CounterAnswer[] {
    return [...this.#counters]
      .map(([key, { value, ops }]) => ({ key, value: `${value}`, ops }))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  }
}

/** Sends to the peers in turn, one increment after the other. */
async function sendInTurn(peers: readonly string[], sums: Sums): Promise<void> {
  for (let i = 0; i < INCREMENTS; i++) {
    const key = KEYS[i % KEYS.length]!
    const amount = AMOUNTS[i % AMOUNTS.length]!
    await increment(peers[i % peers.length]!, key, `${amount}`)
    sums.add(key, amount)
  }
}

/** Waits until every peer reports the sums, and prints how long that took. */
async function untilEqual(what: string, peers: readonly string[], sums: Sums): Promise<void> {
  const start = performance.now()
  const wanted = sums.list()
  const told = JSON.stringify(wanted)
  const equal = async (): Promise<boolean> => {
    const lists = await Promise.all(peers.map(listCounters))
    return lists.every((list) => JSON.stringify(list) === told)
  }
  try {
    await until(`${peers.length} peers report the sums`, equal, { withinMs: 60_000 })
  } catch {
    // Says which counter differs.
  }
  console.log(`${what}: ${(performance.now() - start).toFixed(0)} ms`)
  for (const peer of peers) expect(await listCounters(peer)).toEqual(wanted)
  const roots = await Promise.all(peers.map(async (peer) => (await status(peer)).root))
  expect(new Set(roots).size).toBe(1)
}

test('three peers agree on the sums, and one that was killed comes back with everything', async () => {
  await using data = await temporaryFolder()
  await using cluster = await ClusterProcess.start(3, data.path)
  const [first, second, third] = cluster.peers
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('There are not three peers.')
  const all = cluster.peers.map(({ http }) => http)
  const sums = new Sums()

  await sendInTurn(all, sums)
  expect(sums.list()).toHaveLength(21)
  await untilEqual('after the last of 1,000 answers, three peers agree within', all, sums)

  const own = (await status(third.http)).seq
  expect(own).toBeGreaterThan(300)
  expect(await cluster.kill(third)).toContain(third.again)
  await sendInTurn([first.http, second.http], sums)
  await untilEqual('with one peer killed, the other two agree within', all.slice(0, 2), sums)

  await using again = await PeerProcess.startByCommand(third.again)
  expect(again.http).toBe(third.http)
  await untilEqual('the killed peer, started again, holds everything within', all, sums)
  expect((await status(again.http)).seq).toBe(own)

  await increment(again.http, 'key-0', 5)
  sums.add('key-0', 5n)
  await untilEqual('and one more increment at it is everywhere within', all, sums)
})
