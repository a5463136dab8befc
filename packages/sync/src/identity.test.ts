import { ByteWriter, TallymeshError } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeIdentity,
  encodeIdentity,
  firstIdentity,
  freshEpoch,
  isProvisional,
  type Identity,
} from './identity.ts'
import { counterOf } from './testing/world.ts'

const tag = fc.string({ unit: fc.constantFrom('a', '7', 'z'), minLength: 1, maxLength: 6 })
const id = fc.oneof(
  fc.constant('me'),
  tag.map((text) => `me.${text}`),
)
const identity: fc.Arbitrary<Identity> = fc.record({
  epoch: id,
  provisional: fc.array(id, { maxLength: 5 }),
  isCatchingUp: fc.boolean(),
  sheltered: fc.constantFrom(
    [],
    [[0, 1]],
    [
      [3, 9],
      [9, 2 ** 48 - 1],
    ],
  ),
})

/** What it says, or that it is refused by type. */
const read = (bytes: Uint8Array): Identity | 'refused' => {
  try {
    return decodeIdentity(bytes, 'me')
  } catch (error) {
    if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED') return 'refused'
    throw error
  }
}

describe('the record of an identity', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(identity, (given) => {
        expect(decodeIdentity(encodeIdentity(given), 'me')).toEqual(given)
      }),
    )
  })

  it('is of this peer, or refused by type, whatever bytes it has', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(identity, fc.nat(40), fc.nat(255))
        .map(([given, at, byte]) => encodeIdentity(given).fill(byte, at, at + 1)),
    )
    fc.assert(
      fc.property(bytes, (given) => {
        const found = read(given)
        if (found === 'refused') return
        for (const replica of [found.epoch, ...found.provisional])
          expect(replica.split('.')[0]).toBe('me')
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused where it is cut short, longer, or names no epoch', () => {
    const bytes = encodeIdentity({
      epoch: 'me.1',
      provisional: ['me.2'],
      isCatchingUp: false,
      sheltered: [],
    })
    // Without the last field it is that of an older program, which sheltered nothing by name.
    expect(read(bytes.slice(0, -1))).toMatchObject({ sheltered: [[0, 2 ** 48 - 1]] })
    for (let length = 0; length < bytes.length - 1; length++)
      expect(read(bytes.slice(0, length))).toBe('refused')
    expect(read(Uint8Array.of(...bytes, 0))).toBe('refused')
    expect(
      read(encodeIdentity({ epoch: '', provisional: [], isCatchingUp: false, sheltered: [] })),
    ).toBe('refused')
    const writer = new ByteWriter()
    writer.string('me')
    writer.varint(2 ** 40)
    expect(read(writer.finish())).toBe('refused')
  })

  it('of another peer says nothing of this one', () => {
    const other = encodeIdentity({
      epoch: 'other.1',
      provisional: ['other.2'],
      isCatchingUp: false,
      sheltered: [],
    })
    expect(read(other)).toEqual(firstIdentity('me'))
    const mixed = encodeIdentity({
      epoch: 'me.1',
      provisional: ['other.2', 'me.3', 'meme'],
      isCatchingUp: false,
      sheltered: [],
    })
    expect(read(mixed)).toEqual({
      epoch: 'me.1',
      provisional: ['me.3'],
      isCatchingUp: false,
      sheltered: [],
    })
  })
})

describe('a fresh epoch', () => {
  it('is the peer’s id with a tag of six', () => {
    const counter = counterOf('me')
    expect(freshEpoch('me', () => 0, counter)).toBe('me.000000')
    expect(freshEpoch('me', () => 1 - 2 ** -53, counter)).toBe('me.zzzzzz')
  })

  it('is none that was heard of, were it only behind a gap', () => {
    const counter = counterOf('me')
    const [held, behind] = [counterOf('me.000000'), counterOf('me.i00000')]
    held.increment('x')
    behind.increment('x')
    behind.increment('x')
    counter.merge(held)
    counter.join([behind.deltaSince('me.i00000', 1)])
    const numbers = [0, 0.5, 0.5, 0.75]
    expect(freshEpoch('me', () => numbers.shift()!, counter)).toBe('me.r00000')
  })
})

it('is provisional while it writes under another id than its epoch', () => {
  expect(isProvisional({ epoch: 'me', writer: 'me' })).toBe(false)
  expect(isProvisional({ epoch: 'me', writer: 'me.1' })).toBe(true)
})
