import type { DistributedKeyCounter } from '@tallymesh/core'
import { expect, it } from 'vitest'
import { Beyond } from './beyond.ts'
import { answer, ask } from './exchange.ts'
import type { ExchangeContext } from './exchange-context.ts'
import type { ForeignUnit } from './journal.ts'
import { channelPair } from './testing/channel-pair.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { contextOf, counterOf, cutAfter, exchange, rootOf } from './testing/world.ts'

const KEYS = 100

const outside = (): DistributedKeyCounter => {
  const counter = counterOf('outside')
  for (let i = 0; i < KEYS; i++) counter.increment(`key-${i}`, i)
  return counter
}

const unitsOf = (counter: DistributedKeyCounter, keys = Infinity): ForeignUnit[] =>
  counter
    .deltaSince(counter.replica, 0)
    .units.slice(0, keys)
    .map(({ key, ...unit }) => ({
      replica: counter.replica,
      key,
      unit: { ...unit, requestsSince: 0 },
    }))

const worldOf = async (...names: string[]) => {
  const clock = new FakeClock()
  const contexts = await Promise.all(
    names.map((name) => contextOf(counterOf(name), { clock, beyond: new Beyond(clock) })),
  )
  /** Slots that each sent, where both have written: so that there is a pull, and no descent. */
  const exchanged = async (left: ExchangeContext, right: ExchangeContext): Promise<number[]> => {
    left.counter.increment('on')
    right.counter.increment('on')
    const { asked, answered } = await exchange(left, right)
    expect([asked.kind, answered.kind]).toEqual(['exchanged', 'exchanged'])
    return [asked.sent - 1, answered.sent - 1]
  }
  return { clock, contexts, exchanged }
}

it('slots that were merged are sent once each way, and not in every pull', async () => {
  const { contexts, exchanged } = await worldOf('a', 'b')
  const [a, b] = contexts as [ExchangeContext, ExchangeContext]
  const writer = outside()
  await a.journal.joinUnits(unitsOf(writer), 'local')
  expect(await exchanged(a, b)).toEqual([KEYS, 0])
  expect(rootOf(a.counter)).toBe(rootOf(b.counter))
  expect(await exchanged(a, b)).toEqual([0, KEYS])
  for (let round = 0; round < 5; round++) expect(await exchanged(a, b)).toEqual([0, 0])
  // Once one of them has moved, all are sent again.
  writer.increment('key-5', 3)
  await b.journal.joinUnits(unitsOf(writer), 'local')
  expect(await exchanged(b, a)).toEqual([KEYS, 0])
  expect(rootOf(a.counter)).toBe(rootOf(b.counter))
  expect(await exchanged(a, b)).toEqual([KEYS, 0])
  expect(await exchanged(a, b)).toEqual([0, 0])
})

it('slots merged in parts, the later first, all arrive while both go on writing', async () => {
  const { contexts, exchanged } = await worldOf('a', 'b', 'c')
  const [a, b, c] = contexts as [ExchangeContext, ExchangeContext, ExchangeContext]
  const all = unitsOf(outside())
  for (const part of [all.slice(60), all.slice(20, 60), all.slice(0, 20)]) {
    await a.journal.joinUnits(part, 'local')
    await exchanged(a, b)
    await exchanged(b, c)
  }
  for (const { counter } of [b, c]) expect(counter.slots('key-0')).toEqual(a.counter.slots('key-0'))
  expect(c.counter.size).toBe(a.counter.size)
})

it('slots that the interval rests on are sent as ever', async () => {
  const { contexts, exchanged } = await worldOf('a', 'b')
  const [a, b] = contexts as [ExchangeContext, ExchangeContext]
  const writer = outside()
  await a.journal.join([writer.deltaSince('outside', 0)], 'outside')
  writer.increment('key-5')
  // Past the version, though touched below it: without it, the interval would claim what is not held.
  await a.journal.joinUnits(unitsOf(writer).slice(-1), 'local')
  expect(await exchanged(a, b)).toEqual([KEYS, 0])
  expect(b.counter.version.get('outside')).toBe(KEYS)
  expect(rootOf(a.counter)).toBe(rootOf(b.counter))
})

it('a peer that left, and now and then any, is sent them once more', async () => {
  const { contexts, exchanged, clock } = await worldOf('a', 'b')
  const [a, b] = contexts as [ExchangeContext, ExchangeContext]
  await a.journal.joinUnits(unitsOf(outside()), 'local')
  await exchanged(a, b)
  a.beyond.forget('b')
  expect(await exchanged(a, b)).toEqual([KEYS, KEYS])
  await clock.advance(600_000)
  expect(await exchanged(a, b)).toEqual([KEYS, KEYS])
})

it('what was cut off is sent again', async () => {
  const { contexts, exchanged } = await worldOf('a', 'b')
  const [a, b] = contexts as [ExchangeContext, ExchangeContext]
  await a.journal.joinUnits(unitsOf(outside()), 'local')
  a.counter.increment('on')
  const { left, right } = channelPair('a', 'b')
  const broken = Promise.all([ask(a, left), answer(b, cutAfter(right, 2))])
  await expect(broken).rejects.toThrow('the peer broke the stream')
  expect(await exchanged(a, b)).toEqual([KEYS, 0])
})
