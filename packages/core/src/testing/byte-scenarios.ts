// What the byte targets are measured on: the test holds them, and `pnpm bench bytes` prints them.
import { ByteWriter } from '../bytes.ts'
import { DistributedKeyCounter } from '../counter.ts'
import { noKeys, writeDelta } from '../delta-format.ts'

/** Peer ids as they are: 52 chars. */
export const peerId = (n: number): string =>
  `12D3KooWJRkQWCC2CmPZ3Y5sYkTbWbuyyLvqnVKaa5Uoozy8Kq8${n}`
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
export const gossipBytes = (counter: DistributedKeyCounter, from: number): number => {
  const writer = new ByteWriter()
  writeDelta(writer, undefined, counter.deltaSince(counter.replica, from), noKeys())
  return writer.length
}

export const KEYS = 10_000

/** One replica's history: each of 10k keys, then any; amounts such that totals take two bytes. */
export const busyCounter = (
  replica: string,
  writes: number,
  seed: number,
): DistributedKeyCounter => {
  const counter = new DistributedKeyCounter({ replica })
  const random = randomOf(seed)
  const start = random(KEYS)
  // Steps prime to the number of keys, so that replicas met them in different orders.
  const step = [7919, 7907, 7901][seed % 3]!
  for (let i = 0; i < writes; i++)
    counter.increment(keyOf(i < KEYS ? (start + i * step) % KEYS : random(KEYS)), 100)
  return counter
}

/** A replica that has counted for long. */
const longCounter = (): DistributedKeyCounter => busyCounter(peerId(1), 300_000, 1)

/** The most that any of 1,000 single increments of known keys takes. */
export const mostOfKnownKey = (): number => {
  const [counter, random] = [longCounter(), randomOf(7)]
  return most(1000, () => {
    counter.increment(keyOf(random(KEYS)), random(1000) - 500)
    return gossipBytes(counter, counter.seq - 1)
  })
}

/** The most that the first increment of any of 100 new keys of 16 bytes takes. */
export const mostOfNewKey = (): number => {
  const counter = longCounter()
  return most(100, (n) => {
    counter.increment(`new ${n}`.padEnd(16, '.'), -8000)
    return gossipBytes(counter, counter.seq - 1)
  })
}

/** The most that any of 100 deltas takes, each of 100 increments over 10 known keys. */
export const mostOfKnownKeys = (): number => {
  const [counter, random] = [longCounter(), randomOf(3)]
  return most(100, () => {
    const before = counter.seq
    const keys = Array.from({ length: 10 }, () => keyOf(random(KEYS)))
    for (let i = 0; i < 100; i++) counter.increment(keys[random(10)]!, random(9) - 3)
    return gossipBytes(counter, before)
  })
}

/** The most that any of 100 deltas takes, each of 100 increments over 10 new keys of 16 bytes. */
export const mostOfNewKeys = (): number => {
  const [counter, random] = [longCounter(), randomOf(4)]
  return most(100, (n) => {
    const before = counter.seq
    for (let i = 0; i < 100; i++)
      counter.increment(`round ${n} ${random(10)}`.padEnd(16, '.'), 10 + random(90))
    return gossipBytes(counter, before)
  })
}

/** Increments of each of three replicas before the whole state is encoded. */
export const HISTORIES = [10_000, 30_000, 100_000, 200_000, 300_000] as const

/** The whole state: 10k keys of 16 bytes, three replicas on each, with so many increments of each. */
export const wholeState = (increments: number): DistributedKeyCounter => {
  const all = new DistributedKeyCounter({ replica: 'reader' })
  for (const n of [1, 2, 3]) all.merge(busyCounter(peerId(n), increments, n))
  return all
}

const most = (times: number, bytesOf: (n: number) => number): number =>
  Math.max(...Array.from({ length: times }, (_, n) => bytesOf(n)))
