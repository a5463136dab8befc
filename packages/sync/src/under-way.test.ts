import type { DistributedKeyCounter } from '@tallymesh/core'
import { describe, expect, it } from 'vitest'
import type { ExchangeContext } from './exchange-context.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { contextOf, counterOf, exchange, rootOf } from './testing/world.ts'
import { UnderWay } from './under-way.ts'

const KEYS = 100

const withKeys = (replica: string, keys: number): DistributedKeyCounter => {
  const counter = counterOf(replica)
  for (let i = 0; i < keys; i++) counter.increment(`key-${i}`, i)
  return counter
}

/** Holds what `writer` wrote, and wrote a key itself. */
const holderOf = async (
  replica: string,
  writer: DistributedKeyCounter,
): Promise<ExchangeContext> => {
  const counter = withKeys(replica, 1)
  counter.merge(writer)
  return contextOf(counter)
}

describe('what peers are sending', () => {
  it('counts while it comes, and till it ends', async () => {
    const clock = new FakeClock()
    const underWay = new UnderWay(clock)
    const slow = underWay.begin(new Map([['r', 5]]))
    const quick = underWay.begin(
      new Map([
        ['r', 3],
        ['s', 1],
      ]),
    )
    expect([...underWay.reached()]).toEqual([
      ['r', 5],
      ['s', 1],
    ])
    await clock.advance(1500)
    quick.moved()
    await clock.advance(1000)
    expect([...underWay.reached()]).toEqual([
      ['r', 3],
      ['s', 1],
    ])
    slow.moved()
    quick.end()
    expect([...underWay.reached()]).toEqual([['r', 5]])
  })

  it('is known before the next who answers tells what it lacks, but none waits for long', async () => {
    const clock = new FakeClock()
    const underWay = new UnderWay(clock)
    const told: string[] = []
    const tell = async (name: string): Promise<() => void> => {
      const end = await underWay.turn()
      told.push(name)
      return end
    }
    const first = tell('first')
    const others = [tell('second'), tell('third')]
    await clock.advance(100)
    expect(told).toEqual(['first'])
    ;(await first)()
    await clock.advance(100)
    expect(told).toEqual(['first', 'second'])
    await clock.advance(300)
    expect(told).toEqual(['first', 'second', 'third'])
    await Promise.all(others)
  })
})

describe('of what one peer is sending, another', () => {
  const asking = async (seq: number) => {
    const writer = withKeys('writer', KEYS)
    const context = await contextOf(counterOf('newcomer'))
    const transfer = context.underWay.begin(new Map([['writer', seq]]))
    return { writer, context, transfer }
  }

  it.each(['asked', 'asking'])('sends nothing: %s', async (role) => {
    const { writer, context } = await asking(KEYS)
    const holder = await holderOf('holder', writer)
    const { asked, answered } = await (role === 'asked'
      ? exchange(context, holder)
      : exchange(holder, context))
    // Who is to have compared itself in full has not yet.
    expect([asked.isWhole, answered.isWhole]).toEqual([role !== 'asked', role === 'asked'])
    expect([...context.counter.version]).toEqual([['holder', 1]])
  })

  it('sends what goes on from it, which is held till then', async () => {
    const { writer, context, transfer } = await asking(KEYS)
    const before = writer.deltaSince('writer', 0)
    writer.increment('late')
    const { asked } = await exchange(context, await holderOf('holder', writer))
    expect(asked.received).toBe(2)
    expect(context.counter.version.has('writer')).toBe(false)
    // That it came too early says nothing of short names.
    expect(context.unnamed.size).toBe(0)
    await context.journal.join([before], 'first')
    transfer.end()
    expect(context.counter.version.get('writer')).toBe(KEYS + 1)
  })

  it('sends all once the transfer has ended without it', async () => {
    const { writer, context, transfer } = await asking(KEYS)
    const holder = await holderOf('holder', writer)
    await exchange(context, holder)
    transfer.end()
    await exchange(context, holder)
    expect(rootOf(context.counter)).toBe(rootOf(holder.counter))
  })

  it('sends its own: an owner is told what is held of it', async () => {
    const { writer, context } = await asking(KEYS)
    await exchange(context, await contextOf(writer))
    expect(context.counter.version.get('writer')).toBe(KEYS)
  })

  it('is sent nothing: it would take the parts for all up to what was told', async () => {
    const [older, newer] = [withKeys('writer', 10_000), withKeys('writer', 20_000)]
    const context = await holderOf('middle', older)
    context.underWay.begin(new Map([['writer', newer.seq]]))
    const behind = await contextOf(counterOf('behind'))
    const { asked } = await exchange(context, behind)
    expect(asked.sent).toBe(1)
    expect(behind.journal.closed.above(new Map())).toEqual([])
  })

  it('is asked for what one’s own id has written: nobody else brings that', async () => {
    const own = withKeys('own', KEYS)
    const context = await contextOf(counterOf('own'))
    context.underWay.begin(new Map([['own', KEYS]]))
    const { asked } = await exchange(context, await holderOf('holder', own))
    expect(asked.received).toBe(KEYS + 1)
  })

  it('a transfer that broke off counts no more', async () => {
    const context = await contextOf(counterOf('newcomer'))
    const holder = await holderOf('holder', withKeys('writer', KEYS))
    const refusing: ExchangeContext = {
      ...holder,
      members: [],
      signed: {
        missing: () => {
          throw new Error('broken')
        },
      } as unknown as ExchangeContext['signed'],
    }
    await expect(exchange(context, refusing)).rejects.toThrow('broken')
    expect([...context.underWay.reached()]).toEqual([])
  })
})
