// Bytes: one value has one encoding, and nothing else is read.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteReader, ByteWriter } from './bytes.ts'
import { toInteger, type Integer } from './integer.ts'
import { malformedOrRead } from './testing/malformed.ts'

const written = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter(1)
  write(writer)
  return writer.finish()
}

const integer: fc.Arbitrary<Integer> = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(2 ** 52 - 1, 2 ** 52, -(2 ** 52) + 1, -(2 ** 52), 2 ** 53 - 1, 1 - 2 ** 53),
  fc.bigInt({ min: -(2n ** 1024n) + 1n, max: 2n ** 1024n - 1n }).map(toInteger),
)

it('reads back varints', () => {
  const number = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 49))
  fc.assert(
    fc.property(number, (value) => {
      const reader = new ByteReader(written((writer) => writer.varint(value)))
      expect(reader.varint()).toBe(value)
      reader.end()
    }),
  )
})

it('reads back integers of any size, in canonical form', () => {
  fc.assert(
    fc.property(integer, (value) => {
      const reader = new ByteReader(written((writer) => writer.integer(value)))
      expect(reader.integer()).toBe(value)
      reader.end()
    }),
  )
})

it('reads back strings', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const bytes = written((writer) => writer.string(text))
      expect(bytes.length).toBe(Buffer.byteLength(text) + (Buffer.byteLength(text) > 127 ? 2 : 1))
      expect(new ByteReader(bytes).string(800)).toBe(text)
    }),
  )
})

const reads = {
  varint: (reader: ByteReader) => reader.varint(),
  integer: (reader: ByteReader) => reader.integer(),
  string: (reader: ByteReader) => reader.string(40),
} as const
const writes = {
  varint: (writer: ByteWriter, value: never) => writer.varint(value),
  integer: (writer: ByteWriter, value: never) => writer.integer(value),
  string: (writer: ByteWriter, value: never) => writer.string(value),
} as const

for (const kind of ['varint', 'integer', 'string'] as const) {
  it(`reads no ${kind} from bytes that are not its own`, () => {
    // Long runs of continuation bytes, and of the edge values, more often than chance has them.
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff))
    const bytes = fc.oneof(
      fc.array(byte, { maxLength: 40 }),
      fc
        .tuple(fc.constantFrom(0x80, 0xff), fc.nat(400), fc.array(byte, { maxLength: 3 }))
        .map(([run, length, end]) => [...Array<number>(length).fill(run), ...end]),
    )
    fc.assert(
      fc.property(bytes, (raw) => {
        const reader = new ByteReader(Uint8Array.from(raw))
        const value = malformedOrRead(() => reads[kind](reader))
        if (value === undefined) return
        const length = raw.length - reader.left
        expect(written((writer) => writes[kind](writer, value as never))).toEqual(
          Uint8Array.from(raw.slice(0, length)),
        )
      }),
      { numRuns: 2000 },
    )
  })
}

it('reads no number from a run of zeros that would come to infinity times nothing', () => {
  const bytes = new Uint8Array(200).fill(0x80)
  bytes[199] = 1
  expect(() => new ByteReader(bytes).varint()).toThrow(
    expect.objectContaining({ code: 'ERR_MALFORMED' }),
  )
})

it('reads nothing past the end of a part of a buffer', () => {
  const whole = Uint8Array.from([5, 0x80, 1])
  const reader = new ByteReader(whole.subarray(0, 2))
  expect(reader.byte()).toBe(5)
  expect(() => reader.varint()).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }))
})
