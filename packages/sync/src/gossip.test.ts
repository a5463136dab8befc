import {
  ByteWriter,
  noKeys,
  TallymeshError,
  writeDelta,
  type DistributedKeyCounter,
} from '@tallymesh/core'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { Gossip, readGossip } from './gossip.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { counterOf } from './testing/world.ts'

const WINDOW_MS = 30

let counter: DistributedKeyCounter
let network: FakeNetwork
let clock: FakeClock
let gossip: Gossip
beforeEach(async () => {
  counter = counterOf('me')
  counter.increment('before')
  network = new FakeNetwork('me')
  clock = new FakeClock()
  gossip = new Gossip(counter, network, clock)
  await network.start({
    gossip: () => 'accept',
    connect: () => {},
    disconnect: () => {},
    channel: () => {},
  })
  network.join('other')
})

const write = (key: string): void => {
  counter.increment(key)
  gossip.flushSoon()
}

const told = (): unknown[] =>
  network.published
    .map((message) => readGossip('me', message))
    .map(({ from, to, units }) => [from, to, units.length])

describe('what is written', () => {
  it('goes out at once after idle', () => {
    write('x')
    expect(told()).toEqual([[1, 2, 1]])
  })

  it('goes out together within a window, one slot a key', async () => {
    write('x')
    for (let i = 0; i < 10; i++) write('y')
    write('z')
    expect(told()).toHaveLength(1)
    await clock.advance(WINDOW_MS - 1)
    expect(told()).toHaveLength(1)
    await clock.advance(1)
    expect(told()).toEqual([
      [1, 2, 1],
      [2, 13, 2],
    ])
  })

  it('goes out once a window at most, and at once again after one that was idle', async () => {
    for (let i = 0; i < 100; i++) {
      write('x')
      await clock.advance(3)
    }
    expect(told().length).toBeLessThanOrEqual(1 + 300 / WINDOW_MS)
    await clock.advance(2 * WINDOW_MS)
    const before = told().length
    write('x')
    expect(told()).toHaveLength(before + 1)
  })

  it('is told without gaps: each message begins where the last one ended', async () => {
    for (let i = 0; i < 50; i++) {
      write(`key-${i % 7}`)
      await clock.advance(i % 13)
    }
    await clock.advance(WINDOW_MS)
    const listener = counterOf('listener')
    listener.join([counter.deltaSince('me', 0)].map((delta) => ({ ...delta, to: 1 })))
    for (const message of network.published)
      expect(listener.join([readGossip('me', message)]).gaps.size).toBe(0)
    expect(listener.version).toEqual(counter.version)
  })
})

it('tells nothing that was written before it began, nor what others wrote', () => {
  gossip.flushSoon()
  const other = counterOf('other')
  other.increment('x')
  counter.merge(other)
  gossip.flushSoon()
  expect(told()).toEqual([])
})

it('sends nothing where nobody is there, and does not tell it later', async () => {
  const alone = new FakeNetwork('me')
  const lonely = new Gossip(counter, alone, clock)
  counter.increment('x')
  lonely.flushSoon()
  await clock.advance(WINDOW_MS)
  lonely.flushSoon()
  expect([alone.published, lonely.sent]).toEqual([[], 0])
})

it('says nothing once it was stopped', async () => {
  write('x')
  write('y')
  gossip.stop()
  write('z')
  await clock.advance(10 * WINDOW_MS)
  expect(told()).toHaveLength(1)
})

describe('too much for one message', () => {
  it.each([
    ['slots', 9000, 'k'],
    ['bytes', 200, 'k'.repeat(500)],
  ])(
    'by its %s is only announced, which makes a gap for who lacks it',
    async (_, count, prefix) => {
      for (let i = 0; i < count; i++) counter.increment(`${prefix}${i}`)
      gossip.flushSoon()
      expect(network.published[0]!.length).toBeLessThan(20)
      const delta = readGossip('me', network.published[0]!)
      expect(delta).toMatchObject({ from: count + 1, to: count + 1, units: [] })
      const listener = counterOf('listener')
      expect(listener.join([delta]).gaps).toEqual(new Set(['me']))
      expect(listener.version).toEqual(new Map())
      // Who has pulled it already has no gap.
      listener.merge(counter)
      expect(listener.join([delta]).gaps.size).toBe(0)
    },
  )
})

describe('an author', () => {
  const messageOf = (replica: string | undefined): Uint8Array => {
    const writer = new ByteWriter()
    writeDelta(writer, replica, counter.deltaSince('me', 0), noKeys())
    return writer.finish()
  }

  it('tells of its own slots, under its id or an epoch of it', () => {
    expect(readGossip('me', messageOf(undefined)).replica).toBe('me')
    expect(readGossip('me', messageOf('.k7f2q9')).replica).toBe('me.k7f2q9')
  })

  it.each(['', '.', 'x', 'other', `.${'x'.repeat(126)}`])(
    'is refused with the id ending in %j',
    (suffix) => {
      expect(() => readGossip('me', messageOf(suffix))).toThrow(
        expect.objectContaining({ code: 'ERR_MALFORMED' }),
      )
    },
  )
})

it('reads or refuses any bytes', () => {
  const readOrRefused = (bytes: Uint8Array): string => {
    try {
      return readGossip('me', bytes).replica.slice(0, 2)
    } catch (error) {
      return error instanceof TallymeshError ? error.code : 'another error'
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(['me', 'ERR_MALFORMED']).toContain(readOrRefused(bytes))
    }),
    { numRuns: 2000 },
  )
})
