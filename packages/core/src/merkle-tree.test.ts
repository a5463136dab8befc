import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_FINGERPRINT, FAN_OUT, MAX_DEPTH, MerkleTree, type NodeName } from './merkle-tree.ts'
import { plus, ZERO, type Hash64 } from './murmur.ts'
import { hashText } from './slot-hash.ts'

const SALT = 12345

/** Keys with a number each; counts how often one is hashed. */
class Source {
  readonly keys: string[] = []
  readonly numbers = new Map<string, number>()
  hashed = 0
  readonly tree: MerkleTree

  constructor() {
    const size = (): number => this.keys.length
    this.tree = new MerkleTree({
      get size() {
        return size()
      },
      textOf: (key) => this.keys[key]!,
      hashOf: (key) => {
        this.hashed++
        return this.hashOf(this.keys[key]!)
      },
    })
  }

  hashOf(key: string): Hash64 {
    return hashText(`${key}=${this.numbers.get(key)}`)
  }

  write(key: string, number: number): void {
    if (!this.numbers.has(key)) this.keys.push(key)
    this.numbers.set(key, number)
    this.tree.mark(this.keys.indexOf(key))
  }

  /** As `write`, of a key that is new. */
  add(key: string, number: number): void {
    this.numbers.set(key, number)
    this.tree.mark(this.keys.push(key) - 1)
  }
}

const isUnder = ({ depth, prefix }: NodeName, key: string): boolean =>
  depth === 0 || hashText(key).low >>> (32 - 3 * depth) === prefix

/** What stands under a node, by definition. */
const keysUnder = (source: Source, node: NodeName): string[] =>
  source.keys.filter((key) => isUnder(node, key)).sort()

const sumOf = (source: Source): Hash64 =>
  source.keys.reduce((sum, key) => plus(sum, source.hashOf(key)), ZERO)

const of = (entries: Iterable<readonly [string, number]>): Source => {
  const source = new Source()
  for (const [key, number] of entries) source.add(key, number)
  return source
}

const numbered = (count: number): [string, number][] =>
  Array.from({ length: count }, (_, i) => [`key-${i}`, i])

const entriesOf = (source: Source, node: NodeName): string[] =>
  source.tree
    .entries(node, SALT)!
    .map(({ key, fingerprint }) => `${source.keys[key]} ${fingerprint}`)
    .sort()

describe('the root', () => {
  it('is the sum of all keys, whatever was written in whatever order', () => {
    const writes = fc.array(fc.tuple(fc.nat(150).map(String), fc.nat(5)), { maxLength: 300 })
    fc.assert(
      fc.property(writes, fc.nat(20), (writes, every) => {
        const source = new Source()
        const roots: [Hash64, Hash64][] = []
        writes.forEach(([key, number], i) => {
          source.write(key, number)
          // Looked at now and then: what was hashed before is written again.
          if (i % (every + 1) === 0) roots.push([source.tree.root(), sumOf(source)])
        })
        for (const [root, sum] of roots) expect(root).toEqual(sum)
        expect(source.tree.root()).toEqual(sumOf(source))
        const reversed = of([...source.numbers].toReversed())
        expect(reversed.tree.root()).toEqual(source.tree.root())
      }),
    )
  })

  it('of nothing is nothing', () => {
    expect(new Source().tree.root()).toEqual(ZERO)
  })
})

describe('a tree that grew through several depths', () => {
  const COUNT = 40_000
  const grown = new Source()
  for (const [key, number] of numbered(COUNT)) {
    grown.add(key, number)
    // Looked at now and then, so that it deepens with keys on its leaves.
    if ((number & (number - 1)) === 0) grown.tree.root()
  }
  const atOnce = of(numbered(COUNT).toReversed())

  it('is the one that was made at once', () => {
    expect(grown.tree.root()).toEqual(atOnce.tree.root())
    for (let depth = 0; depth < 6; depth++)
      for (const prefix of [0, 1, (FAN_OUT ** depth) >> 1, FAN_OUT ** depth - 1]) {
        const node = { depth, prefix: Math.min(prefix, FAN_OUT ** depth - 1) }
        expect(grown.tree.children(node, SALT)).toEqual(atOnce.tree.children(node, SALT))
        expect(entriesOf(grown, node)).toEqual(entriesOf(atOnce, node))
      }
  })

  it('shows the same nodes as a shallower one that holds a part of it', () => {
    // Keys under one node of depth 2, in a tree so small that it has no level 2.
    const node = { depth: 2, prefix: 37 }
    const part = of(
      keysUnder(grown, node)
        .slice(0, 60)
        .map((key) => [key, grown.numbers.get(key)!]),
    )
    const whole = of([...part.numbers, ...numbered(COUNT).filter(([key]) => !isUnder(node, key))])
    expect(part.tree.children(node, SALT)).toEqual(whole.tree.children(node, SALT))
    expect(entriesOf(part, node)).toEqual(entriesOf(whole, node))
  })

  it('holds under each node the keys whose hashes begin so', () => {
    for (const node of [
      { depth: 1, prefix: 3 },
      { depth: 3, prefix: 500 },
      { depth: 5, prefix: 20_000 },
    ])
      expect(
        grown.tree
          .entries(node, SALT)!
          .map(({ key }) => grown.keys[key]!)
          .sort(),
      ).toEqual(keysUnder(grown, node))
  })
})

describe('a node', () => {
  it('has as many children at the deepest as anywhere', () => {
    const source = of(numbered(100))
    const deepest = hashText('key-7').low >>> (32 - 3 * (MAX_DEPTH - 1))
    const children = source.tree.children({ depth: MAX_DEPTH - 1, prefix: deepest }, SALT)
    expect(children).toHaveLength(FAN_OUT)
    expect(children.filter((child) => child !== EMPTY_FINGERPRINT)).toHaveLength(1)
    const prefix = hashText('key-7').low >>> (32 - 3 * MAX_DEPTH)
    expect(source.tree.entries({ depth: MAX_DEPTH, prefix }, SALT)).toHaveLength(1)
  })

  it('shows no entries where they are more than the limit', () => {
    const source = of(numbered(20))
    expect(source.tree.entries({ depth: 0, prefix: 0 }, SALT, 19)).toBeUndefined()
    expect(source.tree.entries({ depth: 0, prefix: 0 }, SALT, 20)).toHaveLength(20)
  })

  it('has another fingerprint with another salt, but for the empty one', () => {
    const source = of(numbered(1000))
    const [a, b] = [1, 2].map((salt) => source.tree.children({ depth: 0, prefix: 0 }, salt))
    for (let i = 0; i < FAN_OUT; i++) expect(a![i]).not.toBe(b![i])
    expect(new Source().tree.children({ depth: 0, prefix: 0 }, 9)).toEqual(
      Array(FAN_OUT).fill(EMPTY_FINGERPRINT),
    )
  })
})

describe('a look at the tree', () => {
  it('hashes the keys that were marked since the last, once each, and no other', () => {
    const source = of(numbered(10_000))
    source.tree.root()
    expect(source.hashed).toBe(10_000)
    source.hashed = 0
    source.tree.root()
    source.tree.children({ depth: 1, prefix: 0 }, SALT)
    expect(source.hashed).toBe(0)
    for (const key of [3, 9000, 3, 3]) source.tree.mark(key)
    source.tree.root()
    expect(source.hashed).toBe(2)
  })

  it('hashes no more as it deepens', () => {
    const source = of(numbered(64))
    source.tree.root()
    source.hashed = 0
    for (const [key, number] of numbered(700).slice(64)) source.add(key, number)
    source.tree.root()
    expect(source.hashed).toBe(700 - 64)
  })
})
