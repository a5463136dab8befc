// What a peer takes over HTTP: single increments on many connections, and batches, all of them durable.
import { PeerProcess } from '../test/support/peer-process.ts'
import {
  batchesOf,
  HttpLoad,
  type LoadOptions,
  type LoadResult,
  loadTotal,
  singles,
} from '../test/support/http-load.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { median } from './runner/turns.ts'
import type { Row } from './runner/table.ts'

const ROUNDS = 10
const CONNECTIONS = 200
/** So many counters are written by the batches, so that one commit does not fold them all into one. */
const BATCH_KEYS = 10_000
const BATCH = 100

interface Round extends LoadResult {
  /** Of the peer, when the round was over. */
  readonly residentBytes: number
}

const residentBytes = async (http: string): Promise<number> => {
  const text = await (await fetch(`${http}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
}

const quantile = (times: readonly number[], share: number): number => {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}

const failuresOf = ({ failures }: LoadResult): number =>
  [...failures.values()].reduce((sum, count) => sum + count, 0)

const rowOf = (round: Round, nth: number): Row => ({
  round: nth + 1,
  'increments/s': Math.round(round.answered / round.seconds),
  'requests/s': Math.round(round.times.length / round.seconds),
  'p50 ms': quantile(round.times, 0.5),
  'p99 ms': quantile(round.times, 0.99),
  errors: failuresOf(round),
  'memory MiB': Math.round(round.residentBytes / 2 ** 20),
})

const measure = async (
  bench: Bench,
  what: string,
  options: Pick<LoadOptions, 'connections' | 'next'>,
  requests: number,
): Promise<readonly Round[]> => {
  await using data = await temporaryFolder()
  await using peer = await PeerProcess.start({ data: data.path })
  await using load = new HttpLoad({ http: peer.http, ...options })
  const warm = await load.run(requests / 4)
  const rounds: Round[] = []
  for (let nth = 1; nth <= ROUNDS; nth++) {
    bench.progress(`${what}, round ${nth}`)
    const result = await load.run(requests)
    rounds.push({ ...result, residentBytes: await residentBytes(peer.http) })
  }
  const answered = [warm, ...rounds].reduce((sum, round) => sum + round.answered, 0)
  const lost = answered - (await loadTotal(peer.http))
  bench.table(what, rounds.map(rowOf))
  for (const { failures } of rounds)
    if (failures.size > 0) bench.note(`Failures: ${JSON.stringify([...failures])}`)
  bench.target(
    `${what}: errors`,
    rounds.map(failuresOf).reduce((a, b) => a + b),
    'at most',
    0,
    '',
  )
  bench.target(`${what}: answered, and not counted`, lost, 'at most', 0, 'increments')
  return rounds
}

/** The second half of the rounds beside the first. */
const growth = (rounds: readonly Round[]): number => {
  const most = (some: readonly Round[]): number =>
    Math.max(...some.map((round) => round.residentBytes))
  const half = rounds.length / 2
  return most(rounds.slice(half)) / most(rounds.slice(0, half))
}

await runBench(
  'http',
  'What does a peer take over HTTP, with each increment on the disk?',
  async (bench) => {
    const single = await measure(
      bench,
      `${CONNECTIONS} connections, an increment a request`,
      { connections: CONNECTIONS, next: singles },
      bench.quick ? 2000 : 20_000,
    )
    bench.target('memory, second five rounds beside the first', growth(single), 'at most', 1.1, '×')
    const batches = await measure(
      bench,
      `16 connections, ${BATCH} increments a request`,
      { connections: 16, next: batchesOf(BATCH, BATCH_KEYS) },
      bench.quick ? 200 : 2000,
    )
    const rate = median(batches.map(({ answered, seconds }) => answered / seconds))
    bench.target('durable increments in batches', rate, 'at least', 60_000, 'a second')
    bench.note('The load comes from this machine, too: a process of its own takes up to one core.')
  },
)
