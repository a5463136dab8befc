// Two replicas in one process that share N keys, differ in some, and exchange over a channel that counts.
import { ByteWriter, DistributedKeyCounter } from '@tallymesh/core'
import { answer, ask } from '../exchange.ts'
import type { ExchangeContext, Outcome } from '../exchange-context.ts'
import { channelPair } from './channel-pair.ts'
import { contextOf } from './world.ts'

/** Peer ids as libp2p makes them of Ed25519 keys: 52 chars. */
const LEFT = '12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq81'
const RIGHT = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

/** Whole numbers below a bound, the same in every run (xorshift32, Marsaglia 2003). */
export const seededRandom = (seed: number): ((below: number) => number) => {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * below)
  }
}

/** 16 bytes, different for each `n`, and scattered in order. */
export const keyOf = (n: number): string =>
  `${Math.imul(n, 0x9e3779b1) >>> 0}`.padStart(10, '0').padEnd(16, 'counts')

/** What one exchange came to. */
export interface Exchanged {
  readonly outcome: Outcome
  readonly bytesByLeft: number
  readonly bytesByRight: number
  /** Both ways. */
  readonly bytes: number
  /** Two one-way trips each. */
  readonly roundTrips: number
}

/** A slot that one side wrote and the other lacks. */
export interface Changed {
  readonly replica: string
  readonly key: string
}

interface Side {
  readonly counter: DistributedKeyCounter
  readonly context: ExchangeContext
}

export class ReplicaPair {
  readonly keys: readonly string[]
  readonly left: DistributedKeyCounter
  readonly right: DistributedKeyCounter
  readonly #sides: readonly [Side, Side]
  readonly #random: (below: number) => number

  private constructor(keys: readonly string[], sides: readonly [Side, Side], seed: number) {
    this.keys = keys
    this.#sides = sides
    this.left = sides[0].counter
    this.right = sides[1].counter
    this.#random = seededRandom(seed)
  }

  /**
   * In sync: both have touched every key, so that each counter has two slots; or each one half of the
   * keys, in turn.
   */
  static async create(
    keyCount: number,
    { touched = 'all', seed = 1 }: { touched?: 'all' | 'half'; seed?: number } = {},
  ): Promise<ReplicaPair> {
    const keys = Array.from({ length: keyCount }, (_, n) => keyOf(n))
    const random = seededRandom(seed + 1)
    const left = new DistributedKeyCounter({ replica: LEFT })
    const right = new DistributedKeyCounter({ replica: RIGHT })
    const partOf = (rest: number): readonly string[] =>
      touched === 'all' ? keys : keys.filter((_, n) => n % 2 === rest)
    for (const key of partOf(0)) left.increment(key, 1 + random(1000))
    // In another order than the left.
    for (const key of partOf(1).toReversed()) right.increment(key, 1 + random(1000))
    left.merge(right)
    right.merge(left)
    const sides = [await sideOf(left, seed), await sideOf(right, seed)] as const
    // The first look at a tree builds it.
    left.digest()
    right.digest()
    return new ReplicaPair(keys, sides, seed)
  }

  /** Each side increments `count` keys that it has touched before; no key is changed twice. */
  change(count: number): Changed[] {
    const taken = new Set<string>()
    return [this.left, this.right].flatMap((counter) =>
      Array.from({ length: count }, () => {
        const key = this.#ownKey(counter, taken)
        taken.add(key)
        counter.increment(key, 1 + this.#random(1000))
        return { replica: counter.replica, key }
      }),
    )
  }

  #ownKey(counter: DistributedKeyCounter, taken: ReadonlySet<string>): string {
    while (true) {
      const key = this.keys[this.#random(this.keys.length)]!
      if (!taken.has(key) && counter.slots(key).some(({ replica }) => replica === counter.replica))
        return key
    }
  }

  /** What the differing slots take if one side knew which: short name, seq, ops, total, as varints. */
  floorBytes(changed: readonly Changed[]): number {
    const writer = new ByteWriter()
    for (const { replica, key } of changed) {
      const counter = replica === this.left.replica ? this.left : this.right
      const slot = counter.slots(key).find((one) => one.replica === replica)!
      writer.varint(slot.first)
      writer.varint(slot.seq)
      writer.varint(slot.ops)
      writer.integer(slot.total)
    }
    return writer.length
  }

  /** The left side asks the right. */
  async exchange({ descendOnly = false }: { descendOnly?: boolean } = {}): Promise<Exchanged> {
    const [asker, answerer] = this.#sides
    const { left, right, sentByLeft, sentByRight, turns } = channelPair(
      asker.context.self,
      answerer.context.self,
    )
    const [outcome] = await Promise.all([
      ask({ ...asker.context, descendOnly }, left),
      answer({ ...answerer.context, descendOnly }, right),
    ])
    return {
      outcome,
      bytesByLeft: sentByLeft.bytes,
      bytesByRight: sentByRight.bytes,
      bytes: sentByLeft.bytes + sentByRight.bytes,
      roundTrips: turns() / 2,
    }
  }

  get isEqual(): boolean {
    const [ours, theirs] = [this.left.digest().root, this.right.digest().root]
    return ours.low === theirs.low && ours.high === theirs.high
  }
}

const sideOf = async (counter: DistributedKeyCounter, seed: number): Promise<Side> => {
  const random = seededRandom(seed + 2)
  const context = await contextOf(counter, { random: () => random(2 ** 32) / 2 ** 32 })
  return { counter, context }
}
