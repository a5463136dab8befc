// Floors between replicas: before the slots that they cut, in every form, and mended where one was lost.
import type { DistributedKeyCounter } from '@tallymesh/core'
import { describe, expect, it } from 'vitest'
import { missing } from './transfer.ts'
import { contextOf, counterOf, exchange } from './testing/world.ts'

const ID_CHARS = 10

/** Each key has a request of `replica`, and most are forgotten. */
const floored = (replica: string, keys: number): DistributedKeyCounter => {
  const counter = counterOf(replica)
  for (let i = 0; i < keys; i++) {
    const requestId = `${i}`.padStart(ID_CHARS)
    counter.increment(`key ${i}`, 1, { requestId })
  }
  counter.moveFloor(keys - 3)
  return counter
}

const run = async (a: DistributedKeyCounter, b: DistributedKeyCounter): Promise<void> => {
  await exchange(await contextOf(a), await contextOf(b))
}

const recordsOf = (counter: DistributedKeyCounter, replica: string): number =>
  counter.remembered(replica).records

describe('a floor', () => {
  it('goes with the first part of a transfer, and with no other', () => {
    const from = floored('x', 500)
    const messages = [
      ...missing(
        from,
        new Map(),
        () => true,
        [],
        (delta) => delta,
        1000,
      ),
    ]
    expect(messages.length).toBeGreaterThan(5)
    const floors = messages.flat().map(({ floor }) => floor)
    expect(floors[0]).toEqual(from.floor('x'))
    expect(new Set(floors.slice(1))).toEqual(new Set([undefined]))
    const reader = counterOf('reader')
    for (const deltas of messages) {
      reader.join(deltas)
      // At no moment is there a record that the floor drops, nor a slot without the floor.
      expect(recordsOf(reader, 'x')).toBeLessThanOrEqual(3)
      expect(reader.floor('x')).toEqual(from.floor('x'))
    }
    expect(reader.digest()).toEqual(from.digest())
  })

  it('is all that is sent, where it is all that the other lacks', async () => {
    const [a, b] = [floored('x', 20), counterOf('b')]
    await run(b, a)
    expect(b.digest()).toEqual(a.digest())
    for (let i = 0; i < 2; i++) a.increment('key 1', 1, { requestId: `later ${i}` })
    await run(b, a)
    a.moveFloor(a.seq)
    const { asked } = await exchange(await contextOf(b), await contextOf(a))
    expect([asked.sent, asked.received]).toEqual([0, 0])
    expect(b.digest()).toEqual(a.digest())
    expect(recordsOf(b, 'x')).toBe(0)
  })

  it.each([
    ['the asker', true],
    ['the answerer', false],
  ])('is brought back by a descent, where %s has lost it', async (_, isAsker) => {
    const whole = counterOf('whole')
    const lost = counterOf('lost')
    const source = floored('x', 30)
    whole.merge(source)
    // The slots as they are, and a vector that claims all: what a damaged store comes to.
    for (const { replica, units, to } of source.state())
      lost.join([{ replica, from: 0, to, units: units.map((unit) => ({ ...unit })) }])
    expect([lost.version, lost.floor('x')]).toEqual([whole.version, undefined])
    await (isAsker ? run(lost, whole) : run(whole, lost))
    expect(lost.digest()).toEqual(whole.digest())
    expect(lost.floor('x')).toEqual(source.floor('x'))
  })

  it('drops in a descent what the other side still had', async () => {
    const source = counterOf('x')
    for (let i = 0; i < 30; i++) source.increment(`key ${i % 7}`, 1, { requestId: `r${i}` })
    const before = counterOf('before')
    before.merge(source)
    source.moveFloor(29)
    const after = counterOf('after')
    after.merge(source)
    // Both claim the same.
    before.join([{ replica: 'x', from: 30, to: 31, units: [] }])
    expect(before.version).toEqual(after.version)
    await run(before, after)
    expect(before.digest()).toEqual(after.digest())
    expect(recordsOf(before, 'x')).toBe(1)
  })
})
