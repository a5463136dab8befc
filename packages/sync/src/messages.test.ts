import { ByteWriter, TallymeshError } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, type Message, type Received } from './messages.ts'
import { anyMessage, MESSAGES } from './testing/messages.ts'

/** What is read; undefined where it is refused as it should be. Any other error fails the test. */
const readOrRefused = (bytes: Uint8Array): Received | undefined => {
  try {
    return decodeMessage(bytes)
  } catch (error) {
    if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED') return undefined
    throw error
  }
}

/** Without what only the sender knows. */
const asRead = (message: Message): unknown =>
  JSON.parse(
    JSON.stringify(message, (name, value: unknown) => {
      if (name === 'isAmbiguous') return undefined
      if (typeof value === 'bigint') return `${value}n`
      if (value instanceof Map || value instanceof Uint8Array) return [...value]
      return value
    }),
  )

describe('round trip', () => {
  it.each(Object.entries(MESSAGES))('%s', (_, message) => {
    fc.assert(
      fc.property(message, (message) => {
        const read = decodeMessage(encodeMessage(message)) as Message
        expect(asRead(read)).toEqual(asRead(message))
      }),
    )
  })
})

describe('refuses as malformed, or reads', () => {
  it('every truncation, which is refused or ends where less was said', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodeMessage(message)
        for (let length = 0; length < bytes.length; length++) {
          const read = readOrRefused(bytes.subarray(0, length))
          // Closed intervals may be left out: a version without them is a whole message.
          const isWhole = read?.type === 'version' && read.closed.length === 0
          expect(read === undefined || isWhole).toBe(true)
        }
      }),
    )
  })

  it('any byte changed', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, flip) => {
        const bytes = encodeMessage(message)
        bytes[at % bytes.length]! ^= flip
        readOrRefused(bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it('any bytes', () => {
    const bytes = fc.tuple(fc.nat(8), fc.uint8Array({ maxLength: 200 }))
    fc.assert(
      fc.property(bytes, ([type, rest]) => void readOrRefused(Uint8Array.of(type, ...rest))),
      { numRuns: 3000 },
    )
  })

  it('bytes left over', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodeMessage(message)
        const read = readOrRefused(Uint8Array.of(...bytes, 0))
        expect(read).toBeUndefined()
      }),
    )
  })
})

describe('counts past all that can follow are refused before anything is made for them', () => {
  const HUGE = Number.MAX_SAFE_INTEGER
  const written = (...numbers: number[]): Uint8Array => {
    const writer = new ByteWriter()
    for (const number of numbers) writer.varint(number)
    return writer.finish()
  }
  it.each([
    ['replicas of a version', written(4, HUGE)],
    ['closed intervals', written(4, 0, HUGE)],
    ['deltas', written(5, 1, HUGE)],
    ['signed deltas', written(7, HUGE)],
    ['bytes of a signed delta', written(7, 1, HUGE)],
    ['nodes', written(6, 0, HUGE)],
    ['wants', written(6, 0, 0, HUGE)],
    ['entries of a node', written(6, 0, 1, 15, HUGE, 0)],
    ['bytes of offers', written(6, 2, 0, 0, HUGE)],
  ])('%s', (_, bytes) => {
    expect(readOrRefused(bytes)).toBeUndefined()
  })
})

describe('a version', () => {
  const encoded = (message: Partial<Extract<Message, { type: 'version' }>>): Uint8Array =>
    encodeMessage({ type: 'version', wallMs: 0, version: new Map(), closed: [], ...message })
  it.each([
    ['an operation number past the last', { version: new Map([['r', 2 ** 48]]) }],
    ['an operation number of 0', { version: new Map([['r', 0]]) }],
    ['a replica without a name', { version: new Map([['', 1]]) }],
    ['a name past 128 bytes', { version: new Map([['r'.repeat(129), 1]]) }],
    ['an empty interval', { closed: [{ replica: 'r', from: 5, to: 5 }] }],
    ['an interval past the last', { closed: [{ replica: 'r', from: 5, to: 2 ** 48 }] }],
    [
      'more intervals than anyone keeps',
      { closed: Array(65).fill({ replica: 'r', from: 1, to: 2 }) },
    ],
  ])('with %s is refused', (_, message) => {
    expect(readOrRefused(encoded(message))).toBeUndefined()
  })
})
