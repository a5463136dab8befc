// End to end: an increment at one peer, seen at two others, beside bare gossipsub.
import type { LoadPlan } from './network/load.ts'
import type { SubjectOptions } from './network/subject.ts'
import { type LoadResult, ThreePeers } from './network/three.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { formatNumber, type Row } from './runner/table.ts'
import { median } from './runner/turns.ts'

type Kind = SubjectOptions['kind']

const NAMES: Readonly<Record<Kind, string>> = {
  memory: 'Tallymesh, memory store',
  durable: 'Tallymesh, disk store',
  bare: 'bare gossipsub',
}

/**
 * What all three are asked for in all, in increments a second; null is as fast as they answer. Until the last
 * peer has the last of them is part of the time, so that a little less comes of it than was asked for.
 */
const RATES: Readonly<Record<Kind, readonly (number | null)[]>> = {
  memory: [100_000, 150_000, 200_000, 300_000, null],
  durable: [25_000, 52_000, 60_000, 80_000, 100_000, null],
  bare: [200_000, 300_000, null],
}
const MOST_LAG_MS = 200

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}

const measureIdle = async (bench: Bench): Promise<void> => {
  const rounds = bench.quick ? 2 : 5
  const times = bench.quick ? 20 : 40
  const kinds = ['memory', 'bare', 'durable'] as const
  const all = new Map<Kind, { p50: number[]; p99: number[] }>(
    kinds.map((kind) => [kind, { p50: [], p99: [] }]),
  )
  const peers = new Map<Kind, ThreePeers>()
  await using started = new AsyncDisposableStack()
  for (const kind of kinds) peers.set(kind, started.use(await ThreePeers.start(kind)))
  for (let round = 0; round <= rounds; round++)
    for (const kind of kinds) {
      bench.progress(`${NAMES[kind]}, idle, ${round === 0 ? 'warming up' : `round ${round}`}`)
      const lags = await peers.get(kind)!.latencies(times)
      if (round === 0) continue
      all.get(kind)!.p50.push(quantile(lags, 0.5))
      all.get(kind)!.p99.push(quantile(lags, 0.99))
    }
  const bare = median(all.get('bare')!.p50)
  const rows = kinds.map((kind) => {
    const { p50, p99 } = all.get(kind)!
    return {
      what: NAMES[kind],
      'p50 ms': median(p50),
      'p99 ms': median(p99),
      'times bare gossipsub': median(p50) / bare,
    }
  })
  bench.table('Idle: an increment at one of three processes, until both others have seen it', rows)
  bench.target('idle, p50', rows[0]!['times bare gossipsub'], 'at most', 1.3, '× bare gossipsub')
}

interface Loaded {
  readonly plan: LoadPlan
  readonly results: readonly LoadResult[]
}

const lagOf = ({ results }: Loaded): number =>
  median(results.map(({ lags }) => quantile(lags, 0.99)))
const rateOf = ({ results }: Loaded): number => median(results.map(({ perSecond }) => perSecond))

const rowOf = (kind: Kind, loaded: Loaded): Row => ({
  what: NAMES[kind],
  calls: loaded.plan.calls === 'batches' ? 'of 100' : 'of 1, 100 at once',
  'asked for/s': loaded.plan.perSecond ?? 'no limit',
  'increments/s': Math.round(rateOf(loaded)),
  'lag p50 ms': median(loaded.results.map(({ lags }) => quantile(lags, 0.5))),
  'lag p99 ms': lagOf(loaded),
  'CPU of one, µs': median(loaded.results.map(({ cpuUs }) => cpuUs)),
})

const plansOf = (kind: Kind, ms: number): LoadPlan[] => {
  const batches = RATES[kind].map((perSecond) => ({ perSecond, ms, calls: 'batches' }) as const)
  return kind === 'bare' ? batches : [...batches, { perSecond: null, ms, calls: 'singles' }]
}

const measureLoad = async (bench: Bench): Promise<void> => {
  const [rounds, ms] = bench.quick ? [1, 1000] : [3, 3000]
  const rows: Row[] = []
  for (const kind of ['memory', 'durable', 'bare'] as const) {
    await using three = await ThreePeers.start(kind)
    const measured = plansOf(kind, ms).map((plan) => ({ plan, results: [] as LoadResult[] }))
    for (let round = 0; round <= rounds; round++)
      for (const { plan, results } of measured) {
        bench.progress(`${NAMES[kind]}, ${plan.perSecond ?? 'all'} a second, round ${round}`)
        const result = await three.load(plan)
        if (round > 0) results.push(result)
      }
    rows.push(...measured.map((one) => rowOf(kind, one)))
    if (kind === 'bare') continue
    const inTime = measured.filter((one) => lagOf(one) < MOST_LAG_MS)
    bench.target(
      `increments of three peers, ${kind === 'memory' ? 'in memory' : 'durable'}, lag p99 under ${MOST_LAG_MS} ms`,
      Math.max(0, ...inTime.map(rateOf)),
      'at least',
      kind === 'memory' ? 300_000 : 50_000,
      'a second',
    )
  }
  bench.table(`Under load: ${formatNumber(10_000)} keys, callers in all three processes`, rows)
}

await runBench(
  'network',
  'How soon, and how many, are increments of one peer seen at two others?',
  async (bench) => {
    await measureIdle(bench)
    await measureLoad(bench)
    bench.note(
      'Three processes over TCP, noise and yamux on loopback, with callers inside each; they share the ' +
        'cores of this machine with each other. Lag: from the call until both others have it, on the clock ' +
        'that the processes share. Rates: all that was acknowledged, until the last peer had all of it; ' +
        'that nothing is missing is checked each time.',
    )
    bench.note(
      'Bare gossipsub is the same node and the same window of 30 ms, with a PN-counter by hand in place of ' +
        'a replica: it keeps and checks nothing. Look at its own lag at 300,000 a second: where that is past ' +
        `${MOST_LAG_MS} ms, this machine has no time left for what a replica adds.`,
    )
    bench.note(
      'Where the CPU of a replica goes under load, by a profile of one of three with a memory store: some ' +
        'half to draft, join and apply slots, a sixth to make and keep their records (three for each ' +
        'increment, one at each peer), a tenth to collect garbage, an eighth to libp2p and its signatures.',
    )
  },
)
