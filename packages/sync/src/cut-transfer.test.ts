// Transfers that are cut: nothing half claimed, and nothing sent again that was joined.
import type { DistributedKeyCounter } from '@tallymesh/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { answer, ask } from './exchange.ts'
import type { ExchangeContext } from './exchange-context.ts'
import { channelPair } from './testing/channel-pair.ts'
import { contextOf, counterOf, cutAfter, exchange, rootOf } from './testing/world.ts'

const SLOTS = 50_000
/** The answerer's version comes before its slots. */
const BEFORE_SLOTS = 1

let full: ExchangeContext
beforeAll(async () => {
  const counter = counterOf('full')
  for (let i = 0; i < SLOTS; i++) counter.increment(`key-${i}`)
  // Some have moved since, out of the order of their names.
  for (let i = 0; i < SLOTS; i += 7) counter.increment(`key-${i}`, 2, { requestId: `r${i}` })
  full = await contextOf(counter)
})

/** An exchange that breaks for the asker once it got so many messages. */
const cut = async (left: ExchangeContext, right: ExchangeContext, after: number): Promise<void> => {
  const pair = channelPair(left.self, right.self)
  const ends = await Promise.allSettled([
    ask(left, cutAfter(pair.left, after)),
    answer(right, pair.right),
  ])
  expect(ends[0]).toMatchObject({ status: 'rejected' })
}

const expectEqual = (a: DistributedKeyCounter, b: DistributedKeyCounter): void => {
  expect(rootOf(a)).toBe(rootOf(b))
  expect(a.version).toEqual(b.version)
}

describe('a transfer of 50k slots', () => {
  it.each([0, 1, 2, 5, 12, 20, 24])('cut after %i messages claims nothing', async (messages) => {
    const left = await contextOf(counterOf('left'))
    await cut(left, full, messages)
    expect(left.counter.version).toEqual(new Map())
    const held = left.counter.slotCount
    expect(held > 0).toBe(messages > BEFORE_SLOTS)
    const { asked } = await exchange(left, full)
    expectEqual(left.counter, full.counter)
    // One more at each cut: the lowest slot that came, in case another has its seq.
    expect(asked.received).toBeLessThanOrEqual(SLOTS - held + 1)
  })

  it('cut again and again sends hardly more than one that was not', async () => {
    const left = await contextOf(counterOf('left'))
    let cuts = 0
    for (; left.counter.slotCount < SLOTS - 10_000; cuts++) await cut(left, full, BEFORE_SLOTS + 2)
    const { asked } = await exchange(left, full)
    expect(asked.received).toBeLessThanOrEqual(10_000 + cuts)
    expectEqual(left.counter, full.counter)
  })

  it('goes on with another peer, and while its writer writes', async () => {
    const writer = await contextOf(counterOf('writer'))
    for (let i = 0; i < 20_000; i++) writer.counter.increment(`key-${i}`)
    const older = await contextOf(counterOf('older'))
    older.counter.merge(writer.counter)
    const left = await contextOf(counterOf('left'))
    await cut(left, writer, BEFORE_SLOTS + 3)
    const first = left.counter.slotCount
    for (let i = 0; i < 20_000; i += 3) writer.counter.increment(`key-${i}`)
    await cut(left, writer, BEFORE_SLOTS + 2)
    // The older peer knows less than what is held above the vector.
    const { asked } = await exchange(left, older)
    expect(asked.received).toBeLessThanOrEqual(20_000 - first + 1)
    for (const [replica, seq] of left.counter.version)
      expect(seq).toBeLessThanOrEqual(writer.counter.version.get(replica)!)
    await exchange(left, writer)
    expectEqual(left.counter, writer.counter)
  })

  it('is taken up from what gossip brought meanwhile', async () => {
    const writer = await contextOf(counterOf('writer'))
    for (let i = 0; i < 10_000; i++) writer.counter.increment(`key-${i}`)
    const left = await contextOf(counterOf('left'))
    await cut(left, writer, BEFORE_SLOTS + 2)
    const before = writer.counter.seq
    writer.counter.increment('key-1')
    await left.journal.join([writer.counter.deltaSince('writer', before)], 'writer')
    expect(left.counter.version).toEqual(new Map())
    await exchange(left, writer)
    expectEqual(left.counter, writer.counter)
  })
})

describe('the bytes of a transfer', () => {
  it('come in messages that a stream takes', async () => {
    const left = await contextOf(counterOf('left'))
    const big = await contextOf(counterOf('big'))
    for (let i = 0; i < 3000; i++)
      big.counter.increment(`key-${i}`, 2n ** 1000n, { requestId: `r${i}` })
    const { pair } = await exchange(left, big)
    expect(pair.sentByRight.bytes / pair.sentByRight.messages).toBeLessThan(64 * 1024)
    expectEqual(left.counter, big.counter)
  })
})
