import { LIMITS, TallymeshError } from '@tallymesh/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeMemberMessage,
  encodeMemberMessage,
  INSTANCE_BYTES,
  type MemberMessage,
} from './member-messages.ts'
import { SharedNames } from './shared-names.ts'

/** As the first message on a line. */
const encode = (message: MemberMessage): Uint8Array<ArrayBuffer> =>
  encodeMemberMessage(message, new SharedNames())
const decode = (bytes: Uint8Array): MemberMessage => decodeMemberMessage(bytes, new SharedNames())

const instance = fc
  .uint8Array({ minLength: INSTANCE_BYTES, maxLength: INSTANCE_BYTES })
  .map((bytes) => String.fromCharCode(...bytes))

const anyMessage: fc.Arbitrary<MemberMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    instance,
    epoch: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    type: fc.constant('known' as const),
    seq: fc.nat(LIMITS.seq),
    isHeld: fc.boolean(),
  }),
  fc.constant({ type: 'ping' as const }),
  fc.constant({ type: 'pong' as const }),
)

/** What it says, or that it is refused by type. */
const read = (bytes: Uint8Array): MemberMessage | 'refused' => {
  try {
    return decode(bytes)
  } catch (error) {
    if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED') return 'refused'
    throw error
  }
}

test('a message is read as it was written', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decode(encode(message))).toEqual(message)
    }),
  )
})

test('of any bytes, what is not refused is the one encoding of what it says', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(anyMessage, fc.nat(60), fc.nat(255)).map(([message, at, byte]) =>
      encode(message)
        .with(0, byte % 6)
        .fill(byte, at),
    ),
  )
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const message = read(bytes)
      return message === 'refused' || Buffer.compare(encode(message), bytes) === 0
    }),
    { numRuns: 2000 },
  )
})

test('a message cut short, and one with bytes left over, is refused', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat(1000), (message, at) => {
      const bytes = encode(message)
      const cut = bytes.slice(0, at % bytes.length)
      expect(read(cut)).toBe('refused')
      expect(read(Uint8Array.of(...bytes, 0))).toBe('refused')
    }),
  )
})

const hello = [1, ...Array<number>(INSTANCE_BYTES).fill(7)]

test.each([
  ['nothing', []],
  ['a type that is not known', [5]],
  ['a hello that names no epoch', [...hello, 0]],
  ['an epoch past 128 bytes', [...hello, 0x81, 0x01, ...Array<number>(129).fill(97)]],
  ['an epoch that is not UTF-8', [...hello, 1, 0xff]],
  ['held that is neither yes nor no', [2, 0, 2]],
  ['a seq past the last operation', [2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0]],
])('refused: %s', (_, bytes) => {
  expect(read(Uint8Array.from(bytes))).toBe('refused')
})
