// States as bytes: what was written is read, in one form, and everything else is refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from './bytes.ts'
import { DistributedKeyCounter } from './counter.ts'
import type { Delta, KeyedDelta, KeyedUnit } from './delta.ts'
import { decodeState, encodeState } from './state-format.ts'
import { malformedOrRead } from './testing/malformed.ts'
import { viewOf } from './testing/view.ts'
import { worldOf } from './testing/world.ts'

/** Messages of every kind: whole, since some version, forked, with requests and without. */
const message: fc.Arbitrary<Uint8Array> = fc
  .tuple(worldOf(['a', 'b', 'c', 'a']), fc.nat(3), fc.nat(3), fc.boolean())
  .map(([world, from, to, whole]) =>
    world[from]!.encode(whole ? {} : { since: world[to]!.version }),
  )

/** A decoded delta as one to encode: what came with its key in full goes so again. */
const again = (delta: Delta): KeyedDelta => ({
  ...delta,
  units: delta.units.map((unit): KeyedUnit => ({
    ...unit,
    key: unit.key ?? '',
    isAmbiguous: unit.key !== undefined,
  })),
})

const reencoded = (deltas: readonly Delta[]): Uint8Array => encodeState(deltas.map(again))

it('writes slots one by one as it writes a list of them', () => {
  const a = new DistributedKeyCounter({ replica: 'a' })
  const b = new DistributedKeyCounter({ replica: 'b' })
  const count = (counter: DistributedKeyCounter, from: number, to: number): void => {
    for (let n = from; n < to; n++)
      counter.increment(`key-${n}`, n - 50, n % 7 === 0 ? { requestId: `${n}` } : {})
  }
  count(a, 0, 100)
  const since = a.version
  count(a, 20, 150)
  // Some keys of one are those of the other, too.
  count(b, 90, 200)
  a.merge(b)
  for (const vector of [undefined, since, b.version]) {
    const bytes = a.encode({ since: vector })
    expect(bytes).toEqual(encodeState(a.state(vector)))
    expect(decodeState(bytes).flatMap(({ units }) => units).length).toBeGreaterThan(100)
  }
})

it('reads back what was written', () => {
  fc.assert(
    fc.property(worldOf(['a', 'b', 'c', 'a']), ([a]) => {
      const units = (deltas: readonly (Delta | KeyedDelta)[]): unknown =>
        deltas.map(({ replica, from, to, units }) => ({
          replica,
          from,
          to,
          units: units.map(({ key, first, seq, ops, total, requests }) => {
            return { key, first, seq, ops, total, requests }
          }),
        }))
      expect(units(decodeState(a!.encode()))).toEqual(units(a!.state()))
    }),
  )
})

it('has one form for each content', () => {
  fc.assert(
    fc.property(message, (bytes) => {
      expect(reencoded(decodeState(bytes))).toEqual(bytes)
    }),
  )
})

describe('on bytes that are not a state', () => {
  /** Either they are one after all, in its one form, or they are refused and nothing has changed. */
  const expectRefusal = (bytes: Uint8Array): void => {
    const deltas = malformedOrRead(() => decodeState(bytes))
    if (deltas !== undefined) return expect(reencoded(deltas)).toEqual(bytes)
    const counter = new DistributedKeyCounter({ replica: 'a' })
    counter.increment('k', 7, { requestId: 'r1' })
    const before = viewOf(counter)
    expect(() => counter.applyEncoded(bytes)).toThrow(
      expect.objectContaining({ code: 'ERR_MALFORMED' }),
    )
    expect(viewOf(counter)).toEqual(before)
  }

  it('refuses every beginning of a state', () => {
    fc.assert(
      fc.property(message, (bytes) => {
        for (let end = 0; end < bytes.length; end++)
          expect(() => decodeState(bytes.subarray(0, end))).toThrow(
            expect.objectContaining({ code: 'ERR_MALFORMED' }),
          )
      }),
    )
  })

  it('refuses, or reads in one form, states with bytes changed', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(message, fc.array(change, { minLength: 1, maxLength: 3 }), (bytes, changes) => {
        const damaged = Uint8Array.from(bytes)
        for (const [at, value] of changes) damaged[at % damaged.length] = value
        expectRefusal(damaged)
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses, or reads in one form, any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expectRefusal(bytes)
        expectRefusal(Uint8Array.from([1, 1, ...bytes]))
      }),
      { numRuns: 3000 },
    )
  })

  const [a, b, k] = [
    [1, 97],
    [1, 98],
    [1, 107],
  ]
  /** A new key with one operation, of 1: its step and ops, where it began, its total. */
  const once = [0, 0, 127]
  const hash = Array<number>(16).fill(7)
  /** The first of two deltas: k of a. */
  const before = [1, 2, 17, ...a!, 0, 1, ...k!, ...once]
  const wrong: Record<string, readonly number[]> = {
    'another format': [2, 0],
    'bytes left over': [1, 0, 0],
    'a replica twice': [1, 2, 17, ...a!, 0, 1, ...k!, ...once, 1, ...a!, 0],
    'a delta of nobody': [1, 1, 0, 0],
    'a replica without a name': [1, 1, 1, 0, 0],
    'an end that is the implied one': [1, 1, 19, ...a!, 0, 1, 1, ...k!, ...once],
    'requests that are not there': [1, 1, 21, ...a!, 0, 1, ...k!, ...once, 0],
    'new keys that are not there': [1, 1, 17, ...a!, 0, 0],
    'repeated keys that are not there': [1, 1, 9, ...a!, 0, 0],
    'a repeated key that stood nowhere': [1, 1, 9, ...a!, 0, 1, 0, ...once],
    'a new key twice': [1, 1, 17, ...a!, 0, 2, ...k!, ...once, ...k!, 32, 0, 2],
    'a new key that stood before': [...before, 17, ...b!, 0, 1, ...k!, ...once],
    'a repeated key twice': [...before, 9, ...b!, 0, 2, 0, ...once, 0, 32, 0, 2],
    'a short name twice': [1, 1, 65, ...a!, 5, 0, 0, 0, 0, 32, 0],
    'an empty key': [1, 1, 17, ...a!, 0, 1, 0, ...once],
    'a key that is not UTF-8': [1, 1, 17, ...a!, 0, 1, 1, 0xff, ...once],
    'a slot that began before the first operation': [1, 1, 33, ...a!, 5, 5, 1, 0],
    'a slot that began before the first operation, since it is of a new key': [
      1,
      1,
      17,
      ...a!,
      0,
      1,
      ...k!,
      32,
      2,
      0,
    ],
    'more operations than there is room for': [1, 1, 17, ...a!, 0, 1, ...k!, 33, 0, 0],
    'all operations, told by their number': [1, 1, 17, ...a!, 0, 1, ...k!, 33, 1, 0],
    'a request that is older than its interval': [
      1,
      1,
      21,
      ...a!,
      1,
      1,
      ...k!,
      ...once,
      1,
      1,
      2,
      ...hash,
    ],
    'two requests of one operation': [
      1,
      1,
      21,
      ...a!,
      0,
      1,
      ...k!,
      ...once,
      2,
      0,
      2,
      ...hash,
      0,
      2,
      ...hash,
    ],
    'a total of -0': [1, 1, 17, ...a!, 0, 1, ...k!, 0, 0, 1, 0],
    'a total longer than it need be': [1, 1, 17, ...a!, 0, 1, ...k!, 0, 0, 1, 2, 5],
  }
  for (const [name, bytes] of Object.entries(wrong)) {
    it(`refuses ${name}`, () => {
      const reread = malformedOrRead(() => decodeState(Uint8Array.from(bytes)))
      expect(reread).toBeUndefined()
    })
  }

  it('refuses operation numbers past the last', () => {
    const writer = new ByteWriter()
    for (const number of [1, 1, 33, 1, 97, 2 ** 48 - 1, 2 ** 48 - 2, 1, 2]) writer.varint(number)
    expect(malformedOrRead(() => decodeState(writer.finish()))).toBeUndefined()
  })

  it('reads the slots around them', () => {
    const right = [
      [1, 2, 17, ...a!, 0, 1, ...k!, ...once, 9, ...b!, 0, 1, 0, ...once],
      [1, 1, 33, ...a!, 5, 4, 1, 0],
      [1, 1, 33, ...a!, 5, 3, 2, 0],
      [1, 1, 65, ...a!, 5, 0, 0, 0, 2, 32, 0],
      [1, 1, 17, ...a!, 0, 1, ...k!, 32, 1, 0],
      [1, 1, 21, ...a!, 1, 1, ...k!, ...once, 1, 0, 2, ...hash],
    ]
    for (const bytes of right)
      expect(reencoded(decodeState(Uint8Array.from(bytes)))).toEqual(Uint8Array.from(bytes))
  })

  it('refuses huge counts at once', () => {
    const counts = [2 ** 20, 2 ** 32, 2 ** 48, 2 ** 53 - 1]
    const messages = counts.flatMap((count) => [
      [count],
      [1, count * 32 + 1 <= 2 ** 53 - 1 ? count * 32 + 1 : count],
      [1, 8 + 16 + 1, 1, 97, 0, count],
      [1, 16 + 4 + 1, 1, 97, 0, 1, 1, 107, 0, 0, 2, count],
      [1, 16 + 1, 1, 97, 0, 1, count],
    ])
    const start = performance.now()
    for (const numbers of messages) {
      const writer = new ByteWriter()
      writer.byte(1)
      for (const number of numbers) writer.varint(number)
      expect(() => decodeState(writer.finish())).toThrow(
        expect.objectContaining({ code: 'ERR_MALFORMED' }),
      )
    }
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
