// Bytes on the wire are exact: the targets of issue "As fast as JavaScript allows", as tests.
import { expect, it } from 'vitest'
import { DistributedKeyCounter } from './counter.ts'
import {
  busyCounter,
  gossipBytes,
  HISTORIES,
  KEYS,
  mostOfKnownKey,
  mostOfKnownKeys,
  mostOfNewKey,
  mostOfNewKeys,
  peerId,
  wholeState,
} from './testing/byte-scenarios.ts'

it('one increment of a known key: at most 12 bytes', () => {
  expect(mostOfKnownKey()).toBeLessThanOrEqual(12)
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
  expect(mostOfNewKey()).toBeLessThanOrEqual(32)
})

it('100 increments over 10 known keys: at most 90 bytes', () => {
  expect(mostOfKnownKeys()).toBeLessThanOrEqual(90)
})

it('100 increments over 10 new keys of 16 bytes: at most 230 bytes', () => {
  expect(mostOfNewKeys()).toBeLessThanOrEqual(230)
})

for (const increments of HISTORIES) {
  it(`10k keys of 16 bytes, 3 replicas of ${increments} increments each: at most 400,000 bytes`, () => {
    const all = wholeState(increments)
    expect([all.size, all.slotCount]).toEqual([KEYS, 3 * KEYS])
    expect(all.encode().length).toBeLessThanOrEqual(400_000)
  })
}
