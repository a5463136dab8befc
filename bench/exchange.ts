// What it costs two replicas to become equal: bytes, round trips and time, beside peers' libraries.
import { ReplicaPair, seededRandom } from '../packages/sync/src/testing/replica-pair.ts'
import type { PeerExchange } from './peers/exchanged.ts'
import { LoroPair } from './peers/loro.ts'
import { NEGENTROPY } from './peers/negentropy.ts'
import { OKRA_NOTE, OkraPair } from './peers/okra.ts'
import { YjsPair } from './peers/yjs.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { formatNumber, type Row } from './runner/table.ts'
import { inTurns, timeOf } from './runner/turns.ts'

/** Past this, a document of so many keys takes Yjs and Loro gigabytes. */
const MOST_KEYS_OF_DOCUMENTS = 100_000

const NOTES = [
  'Changed: so many other keys on each side, touched before. Bytes of messages both ways, of our worst ' +
    "round and the others' best; times are medians, in memory, joining included. Floor: the differing " +
    'slots as varints.',
  OKRA_NOTE,
  'With nothing changed there is no descent: the digest carries two hashes of 8 bytes, okra ' +
    'asks for one hash of 16, and its answerer never learns that both are equal.',
  'Yjs and Loro: a map of numbers that are overwritten, not counted, in fresh documents, since every ' +
    'update of Yjs carries all deletions ever. Negentropy: ids alone, as measured elsewhere.',
]

type Name = 'pull' | 'descent' | 'okra' | 'yjs' | 'loro'

const LABELS: Readonly<Record<Name, string>> = {
  pull: 'interval pull',
  descent: 'Merkle descent alone',
  okra: 'okra',
  yjs: 'Yjs',
  loro: 'Loro',
}

interface Cost extends PeerExchange {
  readonly floor: number | null
}

/** Two replicas, and two trees of what they hold. */
interface Pairs {
  readonly ours: ReplicaPair
  readonly okra: OkraPair
}

const pairsOf = async (bench: Bench, keyCount: number): Promise<Pairs> => {
  bench.progress(`making replicas of ${keyCount} keys`)
  const ours = await ReplicaPair.create(keyCount)
  bench.progress(`making okra trees of ${keyCount} keys`)
  return { ours, okra: new OkraPair(ours) }
}

const documentsOf = (bench: Bench, keys: readonly string[]) => {
  if (keys.length > MOST_KEYS_OF_DOCUMENTS) return undefined
  bench.progress(`making documents of ${keys.length} keys`)
  const random = seededRandom(3)
  return { yjs: new YjsPair(keys, random), loro: new LoroPair(keys, random) }
}

const exchangeOurs = async (
  pair: ReplicaPair,
  changed: number,
  descendOnly: boolean,
): Promise<Cost> => {
  const floor = pair.floorBytes(pair.change(changed))
  let exchanged: Awaited<ReturnType<ReplicaPair['exchange']>> | undefined
  const ms = await timeOf(async () => (exchanged = await pair.exchange({ descendOnly })))
  if (!pair.isEqual) throw new Error('the replicas are not equal after an exchange')
  // A descent moves no version vector: let the next exchange not find what this one brought.
  if (descendOnly) await pair.exchange()
  return { ...exchanged!, ms, floor }
}

const bytesOf = ({ bytesByLeft, bytesByRight }: PeerExchange): number => bytesByLeft + bytesByRight

/** Bytes are exact, and no round is noise: of ours the worst counts, of a peer's the best. */
const decisive = (costs: readonly Cost[]): Cost => {
  const isOurs = costs[0]!.floor !== null
  const loss = (cost: Cost): number => bytesOf(cost) - 1.3 * (cost.floor ?? 0)
  const sorted = costs.toSorted((a, b) => loss(a) - loss(b))
  return isOurs ? sorted.at(-1)! : sorted[0]!
}

const measure = async (
  bench: Bench,
  pairs: Pairs,
  changed: number,
  rounds: number,
): Promise<Map<Name, Cost>> => {
  const costs = new Map<Name, Cost[]>()
  const noted = (name: Name, exchange: () => PeerExchange | Promise<Cost | PeerExchange>) => ({
    [name]: async () => {
      const cost = { floor: null, ...(await exchange()) }
      costs.set(name, [...(costs.get(name) ?? []), cost])
      return cost.ms
    },
  })
  const { ours, okra } = pairs
  const documents = documentsOf(bench, ours.keys)
  const times = await inTurns<string>(
    {
      ...noted('pull', () => exchangeOurs(ours, changed, false)),
      ...noted('descent', () => exchangeOurs(ours, changed, true)),
      ...noted('okra', () => okra.exchange(changed)),
      ...(documents && noted('yjs', () => documents.yjs.exchange(changed))),
      ...(documents && noted('loro', () => documents.loro.exchange(changed))),
    },
    rounds,
    (round) => bench.progress(`${ours.keys.length} keys, ${changed} changed, ${round}`),
  )
  return new Map(
    [...costs].map(([name, list]) => [name, { ...decisive(list), ms: times[name]! }] as const),
  )
}

const rowsOf = (keys: number, changed: number, costs: ReadonlyMap<Name, Cost>): Row[] => {
  const floor = costs.get('pull')!.floor!
  const blank = { 'asker sends': null, 'answerer sends': null }
  const last = { 'round trips': null, ms: null, 'time of okra': null }
  const row = (exchange: string, bytes: number) => ({ changed, exchange, ...blank, bytes, ...last })
  const rows: Row[] = [row('floor', floor)]
  for (const [name, cost] of costs)
    rows.push({
      changed,
      exchange: LABELS[name],
      'asker sends': cost.bytesByLeft,
      'answerer sends': cost.bytesByRight,
      bytes: bytesOf(cost),
      'round trips': cost.roundTrips,
      ms: cost.ms,
      'time of okra': cost.ms / costs.get('okra')!.ms,
    })
  const elsewhere = NEGENTROPY.find((one) => one.keys === keys && one.changed === changed)
  if (elsewhere !== undefined) rows.push(row('Negentropy, elsewhere', elsewhere.bytes))
  return rows
}

const checkTargets = (
  bench: Bench,
  keys: number,
  changed: number,
  costs: ReadonlyMap<Name, Cost>,
): void => {
  const at = `${formatNumber(keys)} keys, ${formatNumber(changed)} changed`
  const [pull, descent] = [costs.get('pull')!, costs.get('descent')!]
  if (changed === 0) return bench.target(`in sync: ${at}`, bytesOf(pull), 'less than', 100, 'bytes')
  const limit = Math.floor(1.3 * pull.floor! + 500)
  bench.target(`pull: ${at}`, bytesOf(pull), 'at most', limit, 'bytes (1.3 × floor + 500)')
  bench.target(`pull: ${at}`, pull.roundTrips, 'at most', 2, 'round trips')
  if (keys === 100_000 && changed === 100) {
    bench.target(`pull: ${at}`, bytesOf(pull), 'less than', 3208, 'bytes (Yjs, as once measured)')
    bench.target(`pull: ${at}`, bytesOf(pull), 'less than', 4450, 'bytes (Loro, as once measured)')
  }
  const okra = bytesOf(costs.get('okra')!)
  bench.target(`descent: ${at}`, bytesOf(descent), 'less than', okra, 'bytes (okra)')
  for (const one of NEGENTROPY)
    if (one.keys === keys && one.changed === changed)
      bench.target(`descent: ${at}`, bytesOf(descent), 'less than', one.bytes, 'bytes (Negentropy)')
  bench.target(`descent: ${at}`, descent.roundTrips, 'at most', 5, 'round trips')
}

await runBench(
  'exchange',
  'What does it cost two replicas to become equal?',
  async (bench: Bench) => {
    const sizes = bench.quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]
    for (const keys of sizes) {
      const pairs = await pairsOf(bench, keys)
      const rows: Row[] = []
      for (const changed of [0, 1, 10, 100, 1000].filter((count) => 2 * count <= keys)) {
        const rounds = bench.quick ? 3 : keys < 1_000_000 ? 11 : 5
        const costs = await measure(bench, pairs, changed, rounds)
        rows.push(...rowsOf(keys, changed, costs))
        checkTargets(bench, keys, changed, costs)
      }
      bench.table(`${formatNumber(keys)} keys of 16 bytes, two slots each`, rows)
    }
    for (const note of NOTES) bench.note(note)
  },
)
