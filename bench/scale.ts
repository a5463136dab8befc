// Whether the cost of one stays the same, from a thousand keys to a million.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Change, DistributedKeyCounter } from '@tallymesh/core'
import { RecordCodec } from '@tallymesh/storage'
import { DiskStore } from '@tallymesh/storage/node'
import { ReplicaPair, seededRandom } from '../packages/sync/src/testing/replica-pair.ts'
import { fillStore } from './runner/fill-store.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { formatNumber } from './runner/table.ts'
import { inTurns, timeOf, type Work } from './runner/turns.ts'

const SIZES = [1000, 10_000, 100_000, 1_000_000]
const OPERATIONS = 100_000
/** Written between two flushes, digests or exchanges. */
const WRITES = 100

/** What is measured of each size, in the order of the table. */
const COSTS = {
  increment: 'increment, ns',
  mapSet: 'Map get and set, ns',
  getValue: 'getValue, ns',
  mapGet: 'Map.get, ns',
  delta: 'delta of 100 writes as bytes, µs',
  commit: 'commit of 100 writes to disk, µs',
  digest: 'digest after 100 writes, µs',
  exchange: 'exchange after 100 writes on each side, µs',
} as const
type Cost = keyof typeof COSTS

const nsEach = (ms: number): number => (ms * 1e6) / OPERATIONS
const us = (ms: number): number => ms * 1000

const picksOf = (keys: readonly string[], length: number): string[] => {
  const random = seededRandom(21)
  return Array.from({ length }, () => keys[random(keys.length)]!)
}

const incrementAll = (counter: DistributedKeyCounter, keys: readonly string[]): void => {
  for (const key of keys) counter.increment(key, 1)
}

const readAll = (counter: DistributedKeyCounter, keys: readonly string[]): bigint => {
  let last = 0n
  for (const key of keys) last = counter.getValue(key)
  return last
}

const setAll = (map: Map<string, number>, keys: readonly string[]): void => {
  for (const key of keys) map.set(key, map.get(key)! + 1)
}

const getAll = (map: Map<string, number>, keys: readonly string[]): number => {
  let sum = 0
  for (const key of keys) sum += map.get(key)!
  return sum
}

/** A disk store that holds so many slots already, and what writes changes into it. */
class FilledStore {
  readonly #store: DiskStore
  readonly #codec = new RecordCodec()
  #seq = 0

  private constructor(store: DiskStore) {
    this.#store = store
  }

  static async open(data: string, slots: number): Promise<FilledStore> {
    await fillStore(data, slots, 1)
    const store = new DiskStore({ folder: join(data, 'store') })
    await store.open()
    return new FilledStore(store)
  }

  async write(keys: readonly string[]): Promise<void> {
    const changes = keys.map((key): Change => {
      const seq = ++this.#seq
      return { kind: 'slot', replica: 'measured', key, slot: { first: seq, seq, ops: 1, total: 1 } }
    })
    const batch = this.#codec.encode(changes)
    await this.#store.commit(batch)
    this.#codec.saved(batch)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

interface Sized {
  readonly works: Readonly<Record<Cost, Work>>
  close(): Promise<void>
}

/** All that is measured of one size. */
const prepare = async (bench: Bench, size: number, root: string): Promise<Sized> => {
  bench.progress(`making replicas of ${size} keys`)
  const pair = await ReplicaPair.create(size)
  const { keys } = pair
  const counter = new DistributedKeyCounter({ replica: 'measured' })
  incrementAll(counter, keys)
  const map = new Map(keys.map((key) => [key, 1]))
  const plan = picksOf(keys, OPERATIONS)
  let from = 0
  const some = (): readonly string[] => {
    from = (from + WRITES) % OPERATIONS
    return plan.slice(from, from + WRITES)
  }
  bench.progress(`filling a store with ${size} slots`)
  const store = await FilledStore.open(join(root, `${size}`), size)
  return {
    works: {
      increment: () => incrementAll(counter, plan),
      mapSet: () => setAll(map, plan),
      getValue: () => void readAll(counter, plan),
      mapGet: () => void getAll(map, plan),
      delta: () => {
        const since = counter.version
        // What was written before is put in order by who asks first.
        counter.encode({ since })
        incrementAll(counter, some())
        return timeOf(() => counter.encode({ since }))
      },
      commit: () => {
        const written = some()
        return timeOf(() => store.write(written))
      },
      digest: () => {
        counter.digest()
        incrementAll(counter, some())
        return timeOf(() => counter.digest())
      },
      exchange: async () => {
        pair.change(WRITES)
        const ms = await timeOf(() => pair.exchange())
        if (!pair.isEqual) throw new Error('the replicas are not equal after an exchange')
        return ms
      },
    },
    close: () => store.close(),
  }
}

/** Sizes take turns, too: a machine that is busy for a while is so for all of them. */
const measure = async (
  bench: Bench,
  sizes: readonly number[],
  root: string,
): Promise<(size: number, cost: Cost) => number> => {
  const works: Record<string, Work> = {}
  const prepared: Sized[] = []
  for (const size of sizes) {
    const sized = await prepare(bench, size, root)
    prepared.push(sized)
    for (const [cost, work] of Object.entries(sized.works)) works[`${cost} ${size}`] = work
  }
  const times = await inTurns(works, bench.quick ? 5 : 21, bench.progress)
  for (const sized of prepared) await sized.close()
  return (size, cost) => {
    const ms = times[`${cost} ${size}`]!
    return COSTS[cost].endsWith('ns') ? nsEach(ms) : us(ms)
  }
}

/** How much more a million may take than a thousand: a tree of 8 children is four levels deeper. */
const MOST_GROWTH = 3

await runBench(
  'scale',
  'Does the cost of one stay the same, however many keys there are?',
  async (bench) => {
    const root = mkdtempSync(join(tmpdir(), 'tallymesh-scale-'))
    try {
      const sizes = bench.quick ? SIZES.slice(0, 3) : SIZES
      const costOf = await measure(bench, sizes, root)
      const names = Object.keys(COSTS) as Cost[]
      bench.table(
        'By the number of keys',
        sizes.map((keys) => ({
          keys,
          ...Object.fromEntries(names.map((cost) => [COSTS[cost], costOf(keys, cost)])),
        })),
      )
      bench.note(
        'Keys of 16 bytes, touched at random. Both replicas of an exchange are in one process, with two ' +
          'slots a key; a commit is flushed to the disk. Deltas are asked for every 100 writes, as gossip does; ' +
          'the first after many writes also sorts these. Of all this, only the depth of trees goes by the ' +
          'number of keys. But the more there are, the more often a look-up misses the caches, as that in ' +
          'a plain Map does: increment and getValue are beside its growth.',
      )
      const [first, last] = [sizes[0]!, sizes.at(-1)!]
      const growth = (cost: Cost): number => costOf(last, cost) / costOf(first, cost)
      const name = (cost: Cost): string =>
        `${COSTS[cost].replace(/, (ns|µs)$/, '')}: ${formatNumber(last)} keys beside ${formatNumber(first)}`
      for (const [cost, beside] of [
        ['increment', 'mapSet'],
        ['getValue', 'mapGet'],
      ] as const) {
        const ratio = growth(cost) / growth(beside)
        bench.target(name(cost), ratio, 'at most', 2, '× the growth of a Map')
      }
      for (const cost of ['delta', 'commit', 'digest', 'exchange'] as const)
        bench.target(name(cost), growth(cost), 'at most', MOST_GROWTH, '×')
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  },
)
