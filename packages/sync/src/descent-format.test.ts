import { ByteReader, ByteWriter, TallymeshError, type KeyedDelta } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTurn, writeTurn } from './descent-format.ts'
import type { DescentTurn } from './descent.ts'
import { MESSAGES } from './testing/messages.ts'

const NOTHING: DescentTurn<KeyedDelta> = {
  nodes: [],
  wants: [],
  offers: [],
  replies: [],
  waits: false,
}

const written = (turn: Partial<DescentTurn<KeyedDelta>>): Uint8Array => {
  const writer = new ByteWriter()
  writeTurn(writer, { ...NOTHING, ...turn })
  return writer.finish()
}

const read = (bytes: Uint8Array): DescentTurn => {
  const reader = new ByteReader(bytes)
  const turn = readTurn(reader)
  reader.end()
  return turn
}

it('has one way to say a thing: what is read from any bytes is written as those bytes', () => {
  const turns = MESSAGES.descent.map((message) =>
    message.type === 'descent' ? { ...message.turn, offers: [], replies: [] } : NOTHING,
  )
  fc.assert(
    fc.property(turns, fc.nat(), fc.nat(255), (turn, at, byte) => {
      const bytes = written(turn)
      bytes[at % bytes.length] = byte
      let changed: DescentTurn
      try {
        changed = read(bytes)
      } catch (error) {
        if (error instanceof TallymeshError && error.code === 'ERR_MALFORMED') return
        throw error
      }
      expect(written({ ...changed, offers: [], replies: [] })).toEqual(bytes)
    }),
    { numRuns: 2000 },
  )
})

describe('refuses', () => {
  const unit = { key: 'k', first: 1, seq: 1, ops: 1, total: 1, requests: [] }
  const delta = { replica: 'r', from: 0, to: 0, units: [unit] }
  it.each([
    ['a flag that is not known', Uint8Array.of(8, 0, 0)],
    ['a node twice', Uint8Array.of(0, 2, 0x11, 3, 0x11, 0, 0)],
    ['nodes out of order', Uint8Array.of(0, 2, 0x21, 0, 0x11, 0, 0)],
    ['a node past its depth', Uint8Array.of(0, 1, 0x11, 8, 0)],
    ['a depth past the last', Uint8Array.of(0, 1, 0xb1, 0, 0)],
    ['children of the deepest', Uint8Array.of(0, 1, 0xa0, 0, ...new Uint8Array(32), 0)],
    ['a long form for few entries', Uint8Array.of(0, 1, 0x1f, 1, 0, 0)],
    ['a want of children', Uint8Array.of(0, 0, 1, 0, 0, ...new Uint8Array(32))],
    ['offers that are none', Uint8Array.of(2, 0, 0, 2, 1, 0)],
    ['an offer that claims an interval', written({ offers: [{ ...delta, to: 1 }] })],
    ['a reply from the middle', written({ replies: [{ ...delta, from: 1, to: 1 }] })],
    ['an offer without slots', written({ offers: [{ ...delta, units: [] }] })],
  ])('%s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }))
  })
})
