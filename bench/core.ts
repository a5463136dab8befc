// What the engine takes in memory: beside a plain Map, and beside a PN-counter by hand.
import { DistributedKeyCounter } from '@tallymesh/core'
import { keyOf, seededRandom } from '../packages/sync/src/testing/replica-pair.ts'
import { answerAll, countAll, rowsOf, totalAll, type Picked } from './peers/least.ts'
import { LimitCounter } from './peers/limit.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { heldBytes } from './runner/memory.ts'
import type { Row } from './runner/table.ts'
import { inTurns, timeOf, type Times } from './runner/turns.ts'

const SELF = 'replica-0'
const KEYS = 10_000

/** Text of its own, and in one piece, as it comes from outside. */
const ownKey = (n: number): string => Buffer.from(keyOf(n)).toString()

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, n) => ownKey(n))

const uniform = (keys: readonly string[], length: number): Picked => {
  const random = seededRandom(11)
  return { keys, picks: Uint32Array.from({ length }, () => random(keys.length)) }
}

/** The k-th key comes with a chance of 1/k: Zipf's law, of exponent 1. */
const zipf = (keys: readonly string[], length: number): Picked => {
  const random = seededRandom(12)
  const sums: number[] = []
  for (let k = 1; k <= keys.length; k++) sums.push((sums.at(-1) ?? 0) + 1 / k)
  const pick = (): number => {
    const at = (random(2 ** 31) / 2 ** 31) * sums.at(-1)!
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sums[middle]! < at) low = middle + 1
      else high = middle
    }
    return low
  }
  return { keys, picks: Uint32Array.from({ length }, pick) }
}

const counterOf = (keys: readonly string[], replica = SELF): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica })
  for (const [n, key] of keys.entries()) counter.increment(key, 1 + (n % 1000))
  return counter
}

const mapOf = (keys: readonly string[]): Map<string, number> => {
  const map = new Map<string, number>()
  for (const [n, key] of keys.entries()) map.set(key, 1 + (n % 1000))
  return map
}

const limitOf = (keys: readonly string[], replica = SELF): LimitCounter => {
  const limit = new LimitCounter(replica)
  for (const [n, key] of keys.entries()) limit.increment(key, 1 + (n % 1000))
  return limit
}

// The loops that are timed, each function called with one kind of thing only.

const incrementAll = (counter: DistributedKeyCounter, { keys, picks }: Picked): void => {
  for (let i = 0; i < picks.length; i++) counter.increment(keys[picks[i]!]!, 1)
}

const incrementMap = (map: Map<string, number>, { keys, picks }: Picked): void => {
  for (let i = 0; i < picks.length; i++) {
    const key = keys[picks[i]!]!
    map.set(key, map.get(key)! + 1)
  }
}

const readAll = (counter: DistributedKeyCounter, { keys, picks }: Picked): bigint => {
  let last = 0n
  for (let i = 0; i < picks.length; i++) last = counter.getValue(keys[picks[i]!]!)
  return last
}

const readMap = (map: Map<string, number>, { keys, picks }: Picked): number => {
  let sum = 0
  for (let i = 0; i < picks.length; i++) sum += map.get(keys[picks[i]!]!)!
  return sum
}

/** Each increment's own delta, as bytes. */
const encodeAll = (counter: DistributedKeyCounter, { keys, picks }: Picked): Uint8Array[] => {
  const deltas: Uint8Array[] = []
  const since = new Map<string, number>()
  for (let i = 0; i < picks.length; i++) {
    since.set(counter.replica, counter.seq)
    counter.increment(keys[picks[i]!]!, 1)
    deltas.push(counter.encode({ since }))
  }
  return deltas
}

const encodeLimit = (limit: LimitCounter, { keys, picks }: Picked): Uint8Array[] => {
  const deltas: Uint8Array[] = []
  for (let i = 0; i < picks.length; i++) {
    const key = keys[picks[i]!]!
    limit.increment(key, 1)
    deltas.push(limit.encodeDelta(key))
  }
  return deltas
}

interface Measured {
  readonly work: string
  readonly times: Times<'ours' | 'baseline'>
  readonly operations: number
  readonly baseline: string
}

const rowOf = ({ work, times, operations, baseline }: Measured): Row => ({
  work,
  'ns each': (times.ours * 1e6) / operations,
  'baseline, ns': (times.baseline * 1e6) / operations,
  'part of its speed': times.baseline / times.ours,
  baseline,
})

/** The floors under what has a target: they have none. */
const ANSWER = 'its answer alone'
const LEAST = 'the least program'
const MAP_WRITE = 'Map<string, number>, get and set'
const MAP_READ = 'Map.get'
const LIMIT = 'PN-counter by hand'

const counting = async (bench: Bench): Promise<Measured[]> => {
  const operations = bench.quick ? 100_000 : 1_000_000
  const keys = keysOf(KEYS)
  const rounds = bench.quick ? 3 : 9
  const measured: Measured[] = []
  for (const [name, plan] of [
    ['uniform', uniform(keys, operations)],
    ['Zipf', zipf(keys, operations)],
  ] as const) {
    const [counter, map, limit] = [counterOf(keys), mapOf(keys), limitOf(keys)]
    const note = (round: string): void => bench.progress(`${name}, ${round}`)
    const rows = rowsOf(keys)
    const { answer, least, ...incremented } = await inTurns(
      {
        ours: () => incrementAll(counter, plan),
        baseline: () => incrementMap(map, plan),
        answer: () => void answerAll(rows, plan),
        least: () => void countAll(rows, plan),
      },
      rounds,
      note,
    )
    const { total, ...read } = await inTurns(
      {
        ours: () => void readAll(counter, plan),
        baseline: () => void readMap(map, plan),
        total: () => void totalAll(rows, plan),
      },
      rounds,
      note,
    )
    // Fewer, since all of the bytes are kept.
    const part = { keys, picks: plan.picks.subarray(0, operations / 5) }
    const encoded = await inTurns(
      { ours: () => void encodeAll(counter, part), baseline: () => void encodeLimit(limit, part) },
      rounds,
      note,
    )
    measured.push(
      {
        work: `increment: ${ANSWER}, ${name}`,
        times: { ours: answer, baseline: incremented.baseline },
        operations,
        baseline: MAP_WRITE,
      },
      {
        work: `increment: ${LEAST}, ${name}`,
        times: { ours: least, baseline: incremented.baseline },
        operations,
        baseline: MAP_WRITE,
      },
      { work: `increment, ${name}`, times: incremented, operations, baseline: MAP_WRITE },
      {
        work: `increment and its delta as bytes, ${name}`,
        times: encoded,
        operations: operations / 5,
        baseline: LIMIT,
      },
      {
        work: `getValue: ${LEAST}, ${name}`,
        times: { ours: total, baseline: read.baseline },
        operations,
        baseline: MAP_READ,
      },
      { work: `getValue, ${name}`, times: read, operations, baseline: MAP_READ },
    )
  }
  return measured
}

const joining = async (bench: Bench): Promise<Measured[]> => {
  const operations = bench.quick ? 20_000 : 100_000
  const keys = keysOf(KEYS)
  const measured: Measured[] = []
  for (const replicas of [1, 10]) {
    const plan = uniform(keys, operations)
    const writers = Array.from({ length: replicas }, (_, n) => `replica-${n + 1}`)
    const ours = writers.map((writer) => new DistributedKeyCounter({ replica: writer }))
    const limits = writers.map((writer) => new LimitCounter(writer))
    const partOf = (n: number): Picked => ({
      keys,
      picks: plan.picks.filter((_, i) => i % replicas === n),
    })
    // As they would come: the writers in turn, each one's own in order.
    const inOrder = (parts: Uint8Array[][]): Uint8Array[] =>
      Array.from({ length: operations }, (_, i) => parts[i % replicas]![Math.floor(i / replicas)]!)
    const deltas = inOrder(ours.map((counter, n) => encodeAll(counter, partOf(n))))
    const limitDeltas = inOrder(limits.map((limit, n) => encodeLimit(limit, partOf(n))))
    const times = await inTurns(
      {
        ours: () => {
          const counter = new DistributedKeyCounter({ replica: SELF })
          return timeOf(() => {
            for (const delta of deltas) counter.applyEncoded(delta)
          })
        },
        baseline: () => {
          const limit = new LimitCounter(SELF)
          return timeOf(() => {
            for (const delta of limitDeltas) limit.join(delta)
          })
        },
      },
      bench.quick ? 3 : 15,
      (round) => bench.progress(`joining from ${replicas}, ${round}`),
    )
    const work = `join of a delta, from ${replicas}`
    measured.push({ work, times, operations, baseline: LIMIT })
  }
  return measured
}

const saving = async (bench: Bench): Promise<Measured[]> => {
  const operations = bench.quick ? 20_000 : 100_000
  const keys = keysOf(operations)
  const [counter, limit] = [counterOf(keys), limitOf(keys)]
  const [saved, savedLimit] = [counter.encode(), limit.encode()]
  const rounds = bench.quick ? 3 : 9
  const save = await inTurns(
    { ours: () => void counter.encode(), baseline: () => void limit.encode() },
    rounds,
    (round) => bench.progress(`saving, ${round}`),
  )
  const load = await inTurns(
    {
      ours: () => void new DistributedKeyCounter({ replica: SELF }).applyEncoded(saved),
      baseline: () => new LimitCounter(SELF).join(savedLimit),
    },
    rounds,
    (round) => bench.progress(`loading, ${round}`),
  )
  return [
    { work: 'save, a counter', times: save, operations, baseline: LIMIT },
    { work: 'load, a counter', times: load, operations, baseline: LIMIT },
  ]
}

/** Each of one slot; the tree is built, and short names are looked up. */
const memory = (bench: Bench): Row => {
  const count = bench.quick ? 100_000 : 1_000_000
  // No key is held by this script.
  const held = <Held>(make: () => Held): { bytes: number; held: Held } => {
    const before = heldBytes()
    const made = make()
    return { bytes: (heldBytes() - before) / count, held: made }
  }
  bench.progress('memory')
  const map = held(() => {
    const made = new Map<string, number>()
    for (let n = 0; n < count; n++) made.set(ownKey(n), 1 + (n % 1000))
    return made
  })
  const ours = held(() => {
    const made = new DistributedKeyCounter({ replica: SELF })
    for (let n = 0; n < count; n++) made.increment(ownKey(n), 1 + (n % 1000))
    // The next delta of a known key names it shortly: whoever resolves that has the index of names.
    const other = new DistributedKeyCounter({ replica: 'replica-1' })
    other.increment('other')
    made.applyEncoded(other.encode())
    const since = other.version
    other.increment('other')
    made.applyEncoded(other.encode({ since }))
    made.digest()
    return made
  })
  return {
    counters: count,
    'bytes a counter': ours.bytes,
    'Map<string, number>, bytes': map.bytes,
    // Both are alive until here.
    'times the Map': ours.held.size >= map.held.size ? ours.bytes / map.bytes : Number.NaN,
  }
}

const SIZES = [1000, 100_000, 1_000_000]

/** The cost of one, whatever the number of keys; beside a Map of as many, since caches are what they are. */
const bySize = async (bench: Bench): Promise<Row[]> => {
  const rows: Row[] = []
  for (const size of bench.quick ? SIZES.slice(0, 2) : SIZES) {
    const keys = keysOf(size)
    const operations = 200_000
    const plan = uniform(keys, operations)
    const [counter, map] = [counterOf(keys), mapOf(keys)]
    counter.digest()
    const ns = (ms: number): number => (ms * 1e6) / operations
    const times = await inTurns(
      {
        increment: () => incrementAll(counter, plan),
        set: () => incrementMap(map, plan),
        getValue: () => void readAll(counter, plan),
        get: () => void readMap(map, plan),
      },
      bench.quick ? 3 : 9,
      (round) => bench.progress(`${size} keys, ${round}`),
    )
    rows.push({
      keys: size,
      'increment, ns': ns(times.increment),
      'Map get and set, ns': ns(times.set),
      'part of the Map': times.set / times.increment,
      'getValue, ns': ns(times.getValue),
      'Map.get, ns': ns(times.get),
      'part of Map.get': times.get / times.getValue,
    })
  }
  return rows
}

await runBench(
  'core',
  'What does the engine take in memory, of time and of bytes?',
  async (bench) => {
    const measured = [
      ...(await counting(bench)),
      ...(await joining(bench)),
      ...(await saving(bench)),
    ]
    bench.table('Time of one, in memory', measured.map(rowOf))
    bench.note(
      `Keys of 16 bytes, ${KEYS} of them, and as many as are saved. The PN-counter by hand is a Map of ` +
        'small objects and one buffer of varints: it checks nothing, and has no versions, gaps, retries or tree.',
    )
    bench.note(
      'The least programs say how fast these could be at all, with one key table and one writer and nothing ' +
        'else. Its answer alone: Map.get, a number in a typed array, and an object with a bigint, which an ' +
        'increment owes its caller. The least increment also looks whose slot it is, writes total, ops and ' +
        'seq into its row, and marks the key for the tree; the least read makes a bigint of what the row ' +
        'has.',
    )
    bench.note(
      'What increment takes beyond that is the place in the log of writes, the version and last operation ' +
        'number of its writer, checks of what it was given, sums of keys that several replicas count, and ' +
        'numbers past 32 bits; of reads, the last two.',
    )
    for (const { work, times, baseline } of measured) {
      if (work.includes(ANSWER) || work.includes(LEAST)) continue
      const part = times.baseline / times.ours
      if (/^(save|load)/.test(work))
        bench.target(work, 1 / part, 'at most', 2, `× the time of the ${baseline}`)
      else
        bench.target(work, part, 'at least', baseline === MAP_WRITE ? 0.6 : 0.5, `of ${baseline}`)
    }

    const bytes = memory(bench)
    bench.table('Memory', [bytes])
    bench.note('Heap and array buffers after collecting garbage, the keys included on both sides.')
    const times = bytes['times the Map'] as number
    bench.target('memory of a counter', times, 'at most', 1.8, '× Map<string, number>')

    bench.table('Time of one, by the number of keys', await bySize(bench))
  },
)
