// Bytes on the wire are exact: the targets of issue "As fast as JavaScript allows", as tests.
import { expect, it } from 'vitest'
import { ByteWriter } from './bytes.ts'
import { DistributedKeyCounter } from './counter.ts'
import { noKeys, writeDelta } from './delta-format.ts'

/** Peer ids as they are: 52 chars. */
const peerId = (n: number): string => `12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq8${n}`
/** 16 bytes, with nothing in common but their length. */
const keyOf = (n: number): string =>
  Math.imul(n, 0x9e3779b1).toString(36).padStart(16, 'x').slice(0, 16)

/** Any numbers, the same in every run (a linear congruential generator, as in Numerical Recipes). */
const randomOf = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** What gossip publishes for the writes above `from`: the author stands in the envelope. */
const gossipBytes = (counter: DistributedKeyCounter, from: number): number => {
  const writer = new ByteWriter()
  writeDelta(writer, undefined, counter.deltaSince(counter.replica, from), noKeys())
  return writer.length
}

const KEYS = 10_000

/** One replica's history: each of 10k keys, then any; amounts such that totals take two bytes. */
const busyCounter = (replica: string, writes: number, seed: number): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica })
  const random = randomOf(seed)
  const start = random(KEYS)
  // Steps prime to the number of keys, so that replicas met them in different orders.
  const step = [7919, 7907, 7901][seed % 3]!
  for (let i = 0; i < writes; i++)
    counter.increment(keyOf(i < KEYS ? (start + i * step) % KEYS : random(KEYS)), 100)
  return counter
}

const known = busyCounter(peerId(1), 300_000, 1)

it('one increment of a known key: at most 12 bytes', () => {
  const random = randomOf(7)
  for (let i = 0; i < 1000; i++) {
    known.increment(keyOf(random(KEYS)), random(1000) - 500)
    expect(gossipBytes(known, known.seq - 1)).toBeLessThanOrEqual(12)
  }
})

/** One slot of a long history, as if it had been counted out. */
interface Hot {
  readonly first: number
  readonly seq: number
  readonly ops: number
  readonly total: number
}

const hotBytes = (slot: Hot, amount: number): number => {
  const replica = peerId(1)
  const counter = new DistributedKeyCounter({ replica })
  counter.restore({ kind: 'slot', replica, key: 'hot', slot })
  counter.restore({ kind: 'version', replica, seq: slot.seq })
  counter.increment('hot', amount)
  return gossipBytes(counter, slot.seq)
}

const SEQ = 2_000_000
const OPS = 1_500_000

it.each<[string, Hot, number, number]>([
  ['that counts by one', { first: 6000, seq: SEQ, ops: OPS, total: OPS }, 1, 11],
  ['that counts by one, begun late', { first: 450_000, seq: SEQ, ops: OPS, total: OPS }, 1, 12],
  ['that goes up and down', { first: 6000, seq: SEQ, ops: OPS, total: -40 }, 1, 11],
  ['that goes up and down, begun late', { first: 450_000, seq: SEQ, ops: OPS, total: 40 }, -1, 12],
  ['that is back at 0, begun late', { first: 450_000, seq: SEQ, ops: OPS, total: 1 }, -1, 12],
  [
    'among the first 64 keys, of any total',
    { first: 50, seq: SEQ, ops: OPS, total: 900_000 },
    7,
    12,
  ],
  [
    'among the first 8,192 keys, of any total',
    { first: 8000, seq: SEQ, ops: OPS, total: 900_000 },
    7,
    13,
  ],
  ['of any total, begun late', { first: 450_000, seq: SEQ, ops: OPS, total: 900_000 }, 7, 14],
  ['alone at its replica', { first: 1, seq: SEQ, ops: SEQ, total: SEQ }, 1, 7],
  ['alone at its replica, of any total', { first: 1, seq: SEQ, ops: SEQ, total: 900_000 }, 7, 9],
  ['alone, 200 million ops', { first: 1, seq: 2e8, ops: 2e8, total: 2e8 }, 1, 8],
])('one increment of a hot key %s', (_, slot, amount, bytes) => {
  expect(hotBytes(slot, amount)).toBe(bytes)
})

it('one increment of a hot key among 10k, counted out: at most 12 bytes', () => {
  const counter = busyCounter(peerId(1), 250_000, 2)
  counter.increment('hot: 16 bytes...')
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 1000; i++) counter.increment('hot: 16 bytes...')
    expect(gossipBytes(counter, counter.seq - 1)).toBeLessThanOrEqual(12)
  }
})

it('one increment of a new key of 16 bytes: at most 32 bytes', () => {
  for (let i = 0; i < 100; i++) {
    known.increment(`new ${i}`.padEnd(16, '.'), -8000)
    expect(gossipBytes(known, known.seq - 1)).toBeLessThanOrEqual(32)
  }
})

it('100 increments over 10 known keys: at most 90 bytes', () => {
  const random = randomOf(3)
  for (let round = 0; round < 100; round++) {
    const before = known.seq
    const keys = Array.from({ length: 10 }, () => keyOf(random(KEYS)))
    for (let i = 0; i < 100; i++) known.increment(keys[random(10)]!, random(9) - 3)
    expect(gossipBytes(known, before)).toBeLessThanOrEqual(90)
  }
})

it('100 increments over 10 new keys of 16 bytes: at most 230 bytes', () => {
  const random = randomOf(4)
  for (let round = 0; round < 100; round++) {
    const before = known.seq
    for (let i = 0; i < 100; i++)
      known.increment(`round ${round} ${random(10)}`.padEnd(16, '.'), 10 + random(90))
    expect(gossipBytes(known, before)).toBeLessThanOrEqual(230)
  }
})

for (const writes of [10_000, 30_000, 100_000, 200_000, 300_000]) {
  it(`10k keys of 16 bytes, 3 replicas of ${writes} increments each: at most 400,000 bytes`, () => {
    const all = new DistributedKeyCounter({ replica: 'reader' })
    for (const n of [1, 2, 3]) all.merge(busyCounter(peerId(n), writes, n))
    expect([all.size, all.slotCount]).toEqual([KEYS, 3 * KEYS])
    expect(all.encode().length).toBeLessThanOrEqual(400_000)
  })
}
