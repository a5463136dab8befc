// A replica among peers that a test makes up.
import { ByteWriter, noKeys, writeDelta, type DistributedKeyCounter } from '@tallymesh/core'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { answer, ask } from './exchange.ts'
import type { ExchangeContext } from './exchange-context.ts'
import { encodeMessage, type Message } from './messages.ts'
import type { Channel } from './network.ts'
import { Replicator } from './replicator.ts'
import { FakeClock, settle } from './testing/fake-clock.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { say } from './testing/hostile.ts'
import { MESSAGES } from './testing/messages.ts'
import { contextOf, counterOf, rootOf, TAKES_ALL } from './testing/world.ts'

/** Between a smaller id, which is asked, and a larger one, which asks. */
const SELF = 'm'
const SMALLER = 'a'
const LARGER = 'z'

let counter: DistributedKeyCounter
let network: FakeNetwork
let clock: FakeClock
let replicator: Replicator
let logged: { message: string; details: Readonly<Record<string, unknown>> }[]

beforeEach(async () => {
  counter = counterOf(SELF)
  for (let i = 0; i < 50; i++) counter.increment(`key-${i}`)
  network = new FakeNetwork(SELF)
  clock = new FakeClock()
  logged = []
  const { journal } = await contextOf(counter)
  const note = (message: string, details: Readonly<Record<string, unknown>>): void =>
    void logged.push({ message, details })
  replicator = new Replicator({
    counter,
    journal,
    intake: TAKES_ALL,
    network,
    clock,
    random: () => 0.5,
    namespace: 'test',
    members: [],
    log: { info: note, warn: note },
    peersChanged: () => {},
    exchanged: () => {},
    gossiped: () => {},
  })
  await network.start({
    gossip: (author, message) => replicator.hear(author, message),
    connect: (peer) => replicator.connect(peer),
    disconnect: (peer) => replicator.disconnect(peer),
    channel: (channel) => replicator.answer(channel),
  })
  replicator.start()
})

const stateOf = (): unknown => [rootOf(counter), counter.version]

/** A peer that does as it should. */
const peer = (id: string, keys = 3): Promise<ExchangeContext> => {
  const own = counterOf(id)
  for (let i = 0; i < keys; i++) own.increment(`of-${id}-${i}`)
  return contextOf(own)
}

const gossipOf = (own: DistributedKeyCounter, from: number): Uint8Array => {
  const writer = new ByteWriter()
  writeDelta(writer, undefined, own.deltaSince(own.replica, from), noKeys())
  return writer.finish()
}

/** Whether replication still works, with a peer of the smaller id: it asks. */
const expectAlive = async (): Promise<void> => {
  const good = await peer(SMALLER)
  await clock.advance(10_000)
  const outcome = await ask(good, network.openedBy(SMALLER))
  expect(outcome.kind).toBe('exchanged')
  await settle()
  expect(rootOf(good.counter)).toBe(rootOf(counter))
}

const failures = (): unknown[] =>
  logged
    .filter(({ message }) => message === 'an exchange failed')
    .map(({ details }) => (details['error'] as { code?: string }).code)

const first = (message: fc.Arbitrary<Message>): Message =>
  fc.sample(message, { numRuns: 1, seed: 42 })[0]!

describe('a hostile peer', () => {
  const garbage: [string, Message | Uint8Array][] = [
    ...Object.entries(MESSAGES).map(([type, message]): [string, Message] => [type, first(message)]),
    ['bytes of no type', Uint8Array.of(200, 1, 2, 3)],
    ['nothing', new Uint8Array(0)],
  ]

  it.each(garbage.filter(([type]) => type !== 'digest'))(
    'that opens a stream with %s is cut off',
    async (_, message) => {
      const before = stateOf()
      await say(network.openedBy('hostile'), [message])
      await settle()
      expect(failures()).toEqual([expect.stringMatching(/ERR_MALFORMED|ERR_PROTOCOL/)])
      expect(stateOf()).toEqual(before)
      await expectAlive()
    },
  )

  it.each(garbage.filter(([type]) => !['same', 'busy', 'version', 'begin'].includes(type)))(
    'that answers with %s is cut off',
    async (_, message) => {
      const before = stateOf()
      network.join(LARGER, (channel) => void say(channel, [message]))
      await clock.advance(0)
      expect(failures()).toEqual([expect.stringMatching(/ERR_MALFORMED|ERR_PROTOCOL/)])
      expect(stateOf()).toEqual(before)
      await expectAlive()
    },
  )

  it('whose gossip is no delta of its own is rejected', async () => {
    const before = stateOf()
    expect(network.handlers!.gossip('hostile', Uint8Array.of(9, 9, 9, 9))).toBe('reject')
    expect(network.handlers!.gossip('hostile', new Uint8Array(0))).toBe('reject')
    await settle()
    expect(stateOf()).toEqual(before)
    expect(replicator.counts).toMatchObject({ received: 2, rejected: 2 })
  })

  it('that fails always is asked ever more rarely', async () => {
    network.join(LARGER, (channel) => channel.abort(new Error('no')))
    await clock.advance(60_000)
    expect(network.opened.length).toBeGreaterThan(5)
    expect(network.opened.length).toBeLessThan(80)
  })
})

describe('too many at once', () => {
  const digest = encodeMessage(first(MESSAGES.digest))
  /** Opens a stream, asks, and says nothing more: what it is told. */
  const begin = async (id: string): Promise<number> => {
    const channel = network.openedBy(id)
    const sending = async function* (): AsyncGenerator<Uint8Array> {
      yield digest
      await new Promise(() => {})
    }
    void channel.sink(sending()).catch(() => {})
    for await (const message of channel.source) return message[0]!
    throw new Error('nothing was answered')
  }
  /** All at once. None waits long for those who fell silent to tell their versions. */
  const beginAll = async (ids: readonly string[]): Promise<number[]> => {
    const told = Promise.all(ids.map(begin))
    await clock.advance(2000)
    return told
  }
  const [BUSY, VERSION] = [3, 4]

  it('are told so, and may come later', async () => {
    const told = await beginAll(['b', 'c', 'd', 'e', 'f', 'g'])
    expect(told).toEqual([VERSION, VERSION, VERSION, VERSION, BUSY, BUSY])
    // Those who fell silent are left, and there is room again.
    await expectAlive()
    expect(failures().slice(0, 4)).toEqual(Array(4).fill('ERR_TIMEOUT'))
  })

  it('from one peer leave the others their places', async () => {
    const told = await beginAll(['b', 'b', 'b', 'b', 'b', 'c', 'd', 'e'])
    expect(told).toEqual([VERSION, BUSY, BUSY, BUSY, BUSY, VERSION, VERSION, VERSION])
  })
})

describe('one exchange serves both', () => {
  it('where two meet', async () => {
    const larger = await peer(LARGER)
    network.join(LARGER, (channel) => void answer(larger, channel))
    const smaller = await peer(SMALLER)
    network.join(SMALLER, (channel) => void answer(smaller, channel))
    await clock.advance(100)
    // The smaller id asks; it is given time to.
    expect(network.opened).toEqual([LARGER])
    await ask(smaller, network.openedBy(SMALLER))
    await clock.advance(250)
    expect(network.opened).toEqual([LARGER])
    expect(replicator.counts).toMatchObject({
      completed: 2,
      failed: 0,
      exchanges: {
        asked: { exchanged: 1, failed: 0 },
        answered: { exchanged: 1, failed: 0 },
      },
      // Three keys from each; its own fifty to each, and to the second what the first had told.
      slots: { received: 6, sent: 103, refused: 0 },
    })
  })

  it('where the one who should ask does not, the other does', async () => {
    const smaller = await peer(SMALLER)
    network.join(SMALLER, (channel) => void answer(smaller, channel))
    await clock.advance(250)
    expect(network.opened).toEqual([SMALLER])
  })

  it('where both ask at once, the smaller id is answered', async () => {
    const larger = await peer(LARGER)
    let held: Channel | undefined
    network.join(LARGER, (channel) => (held = channel))
    await settle()
    const theirs = await ask(larger, network.openedBy(LARGER))
    expect(theirs.kind).toBe('busy')
    await answer(larger, held!)
    await settle()
    expect(replicator.counts).toMatchObject({ completed: 1, failed: 0 })
    expect(rootOf(larger.counter)).toBe(rootOf(counter))
  })
})

describe('what is known to be out of step', () => {
  it('is told with its age, until an exchange has left nothing out', async () => {
    expect(replicator.apartMs()).toBe(0)
    const smaller = await peer(SMALLER)
    network.join(SMALLER, (channel) => channel.abort(new Error('not now')))
    await clock.advance(2000)
    expect(replicator.counts.exchanges.asked.failed).toBeGreaterThan(0)
    expect(replicator.apartMs()).toBe(2000)
    await ask(smaller, network.openedBy(SMALLER))
    await settle()
    expect(replicator.apartMs()).toBe(0)
  })

  it('is nothing any more where the peer has gone', async () => {
    network.join(SMALLER, (channel) => channel.abort(new Error('not now')))
    await clock.advance(2000)
    replicator.disconnect(SMALLER)
    expect(replicator.apartMs()).toBe(0)
    await clock.advance(2000)
    expect(replicator.apartMs()).toBe(0)
  })
})

describe('a gap in gossip', () => {
  const meet = async (keys: number): Promise<{ other: ExchangeContext; asked: () => number }> => {
    const other = await peer(LARGER, keys)
    network.join(LARGER, (channel) => void answer(other, channel))
    await clock.advance(60)
    const before = network.opened.length
    return { other, asked: () => network.opened.length - before }
  }

  it('is pulled at once, in one exchange', async () => {
    const { other, asked } = await meet(3)
    other.counter.increment('lost')
    other.counter.increment('came')
    expect(network.handlers!.gossip(LARGER, gossipOf(other.counter, other.counter.seq - 1))).toBe(
      'accept',
    )
    await clock.advance(60)
    expect(asked()).toBe(1)
    expect(rootOf(counter)).toBe(rootOf(other.counter))
    expect(replicator.counts.gaps).toBe(1)
  })

  it('as many as there are makes few exchanges', async () => {
    const { other, asked } = await meet(3)
    other.counter.increment('lost')
    for (let i = 0; i < 100; i++) {
      other.counter.increment('came')
      network.handlers!.gossip(LARGER, gossipOf(other.counter, other.counter.seq - 1))
    }
    await clock.advance(200)
    expect(asked()).toBeLessThanOrEqual(2)
    expect(rootOf(counter)).toBe(rootOf(other.counter))
  })

  it('is none where nothing is missing', async () => {
    const { other, asked } = await meet(3)
    other.counter.increment('came')
    network.handlers!.gossip(LARGER, gossipOf(other.counter, other.counter.seq - 1))
    await clock.advance(100)
    expect([asked(), replicator.counts.gaps]).toEqual([0, 0])
    expect(counter.getValue('came')).toBe(1n)
  })
})

describe('idle peers', () => {
  it('in sync are compared ever more rarely', async () => {
    const other = await peer(LARGER)
    network.join(LARGER, (channel) => void answer(other, channel))
    await clock.advance(60_000)
    const before = network.opened.length
    await clock.advance(120_000)
    expect(network.opened.length - before).toBeLessThanOrEqual(120 / 16 + 1)
  })

  it('are compared within two seconds where someone waits for it, and then rarely again', async () => {
    const other = await peer(LARGER)
    network.join(LARGER, (channel) => void answer(other, channel))
    await clock.advance(120_000)
    const before = network.opened.length
    replicator.compareSoon()
    replicator.compareSoon()
    await clock.advance(2_000)
    expect([1, 2]).toContain(network.opened.length - before)
    await clock.advance(120_000)
    expect(network.opened.length - before).toBeLessThanOrEqual(120 / 16 + 5)
  })
})

it('stop breaks off what is under way, and asks nobody any more', async () => {
  network.join(LARGER, () => {})
  await clock.advance(10)
  expect(network.opened).toEqual([LARGER])
  await replicator.stop()
  await clock.advance(60_000)
  expect(network.opened).toEqual([LARGER])
  expect(failures()).toEqual([])
})
