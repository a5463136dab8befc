// What the Merkle tree costs: a refresh after some writes, the first tree over all keys, its memory.
import { DistributedKeyCounter } from '@tallymesh/core'
import { MerkleTree } from '../packages/core/src/merkle-tree.ts'
import { keyOf, seededRandom } from '../packages/sync/src/testing/replica-pair.ts'
import { runBench, type Bench } from './runner/bench.ts'
import { heldBytes } from './runner/memory.ts'
import { inTurns, timeOf } from './runner/turns.ts'

const WRITES = 1000
/** Right after it grew from 64 keys a leaf to 8, the tree has most nodes for its keys. */
const KEYS_AT_WHICH_IT_DEEPENS = 64 * 8 ** 4 + 1

const counterOf = (keys: readonly string[]): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica: 'measured' })
  for (const key of keys) counter.increment(key)
  return counter
}

const mapOf = (keys: readonly string[]): Map<string, number> => {
  const map = new Map<string, number>()
  for (const key of keys) map.set(key, 1)
  return map
}

const addOne = (map: Map<string, number>, keys: readonly string[]): void => {
  for (const key of keys) map.set(key, map.get(key)! + 1)
}

const refresh = async (bench: Bench, keys: readonly string[], rounds: number) => {
  const counter = counterOf(keys)
  counter.digest()
  const map = mapOf(keys)
  const random = seededRandom(7)
  let written: string[] = []
  const { tree, plain } = await inTurns(
    {
      tree: () => {
        written = Array.from({ length: WRITES }, () => keys[random(keys.length)]!)
        for (const key of written) counter.increment(key)
        return timeOf(() => counter.digest())
      },
      plain: () => timeOf(() => addOne(map, written)),
    },
    rounds,
    (round) => bench.progress(`refresh over ${keys.length} keys, ${round}`),
  )
  return { tree, plain }
}

const first = async (bench: Bench, keys: readonly string[], rounds: number) => {
  const { tree, plain } = await inTurns(
    {
      tree: () => {
        const counter = counterOf(keys)
        return timeOf(() => counter.digest())
      },
      plain: () => timeOf(() => mapOf(keys)),
    },
    rounds,
    (round) => bench.progress(`first tree over ${keys.length} keys, ${round}`),
  )
  return { tree, plain }
}

/** Bytes a key of a tree alone, over keys that are held anyway. */
const memory = (keys: readonly string[], size: number): number => {
  const source = {
    size,
    textOf: (key: number): string => keys[key]!,
    hashOf: (key: number): { low: number; high: number } => ({ low: key + 1, high: key }),
  }
  const before = heldBytes()
  const tree = new MerkleTree(source)
  for (let key = 0; key < size; key++) tree.mark(key)
  tree.root()
  const bytes = heldBytes() - before
  // Alive until here.
  tree.root()
  return bytes / size
}

await runBench('merkle', 'What does the Merkle tree cost?', async (bench) => {
  const sizes = bench.quick ? [1000, 100_000] : [1000, 100_000, 1_000_000]
  const most = sizes.at(-1)!
  const keys = Array.from({ length: most }, (_, n) => keyOf(n))

  const refreshes = []
  for (const size of sizes) {
    const { tree, plain } = await refresh(bench, keys.slice(0, size), bench.quick ? 5 : 31)
    const ratio = tree / plain
    refreshes.push({ keys: size, 'refresh, ms': tree, 'Map, ms': plain, 'times the Map': ratio })
  }
  bench.table(`Root after ${WRITES} writes`, refreshes)
  bench.note('Beside get and set of the same keys in a Map<string, number> of as many keys.')
  bench.target(
    `root refresh, ${WRITES} writes among ${most} keys`,
    refreshes.at(-1)!['refresh, ms'],
    'less than',
    10,
    'ms',
  )

  const firsts = []
  for (const size of sizes) {
    const { tree, plain } = await first(bench, keys.slice(0, size), size < most ? 9 : 5)
    const ratio = tree / plain
    firsts.push({ keys: size, 'first tree, ms': tree, 'Map, ms': plain, 'times the Map': ratio })
  }
  bench.table('First tree', firsts)
  bench.note('Beside building a Map<string, number> of the same keys.')
  const firstTree = firsts.at(-1)!['first tree, ms']
  bench.target(`first tree over ${most} keys`, firstTree, 'less than', 2000, 'ms')

  const deepened = Math.min(KEYS_AT_WHICH_IT_DEEPENS, most)
  const memories = [...new Set([deepened, most])].map((size) => ({
    keys: size,
    'bytes a key': memory(keys, size),
  }))
  bench.table('Memory of the tree', memories)
  bench.note(
    'Heap and array buffers after collecting garbage, keys not included. The tree is at its worst ' +
      `right after it deepens, at ${KEYS_AT_WHICH_IT_DEEPENS} keys.`,
  )
  for (const row of memories)
    bench.target(
      `memory of the tree, ${row.keys} keys`,
      row['bytes a key'],
      'at most',
      16,
      'bytes a key',
    )
})
