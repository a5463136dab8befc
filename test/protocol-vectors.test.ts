// The wire is what docs/protocol.md says: bytes made once, and what they mean (test/vectors/make.ts).
import {
  ByteReader,
  ByteWriter,
  decodeState,
  encodeState,
  noKeys,
  writeDelta,
} from '@tallymesh/core'
import { describe, expect, test } from 'vitest'
import { readGossip } from '../packages/sync/src/gossip.ts'
import { decodeMemberMessage, encodeMemberMessage } from '../packages/sync/src/member-messages.ts'
import { decodeMessage, encodeMessage } from '../packages/sync/src/messages.ts'
import { SharedNames } from '../packages/sync/src/shared-names.ts'
import exchanges from './vectors/exchanges.json' with { type: 'json' }
import frames from './vectors/frames.json' with { type: 'json' }
import gossip from './vectors/gossip.json' with { type: 'json' }
import hashes from './vectors/hashes.json' with { type: 'json' }
import joins from './vectors/joins.json' with { type: 'json' }
import members from './vectors/members.json' with { type: 'json' }
import messages from './vectors/messages.json' with { type: 'json' }
import primitives from './vectors/primitives.json' with { type: 'json' }
import refused from './vectors/refused.json' with { type: 'json' }
import states from './vectors/states.json' with { type: 'json' }
import tree from './vectors/tree.json' with { type: 'json' }
import {
  deltaMeaning,
  deltaOf,
  fromHex,
  integerOf,
  memberMeaning,
  memberOf,
  messageMeaning,
  messageOf,
  toHex,
  type MemberMeaning,
  type MessageMeaning,
} from './vectors/meaning.ts'
import { framed, readers, unframed, vectors } from './vectors/vectors.ts'

const kept = {
  primitives,
  hashes,
  gossip,
  states,
  tree,
  messages,
  members,
  frames,
  exchanges,
  joins,
  refused,
}

const written = (write: (writer: ByteWriter) => void): string => {
  const writer = new ByteWriter()
  write(writer)
  return toHex(writer.finish())
}

const made = await vectors()

test.each(Object.keys(kept) as (keyof typeof kept)[])(
  'what the program makes is what it made: %s',
  (name) => {
    // As JSON has it: what is undefined is not there.
    expect(JSON.parse(JSON.stringify(made[name]))).toEqual(kept[name])
  },
)

describe('bytes are read as what they mean, and that is written as those bytes', () => {
  test('varints', () => {
    for (const { hex, value } of primitives.varints) {
      expect(readers.varints(new ByteReader(fromHex(hex)))).toBe(value)
      expect(written((writer) => writer.varint(value))).toBe(hex)
    }
  })

  test('integers', () => {
    for (const { hex, value } of primitives.integers) {
      expect(readers.integers(new ByteReader(fromHex(hex)))).toBe(value)
      expect(written((writer) => writer.integer(integerOf(value)))).toBe(hex)
    }
  })

  test('strings', () => {
    for (const { hex, value } of primitives.strings) {
      expect(readers.strings(new ByteReader(fromHex(hex)))).toBe(value)
      expect(written((writer) => writer.string(value))).toBe(hex)
    }
  })

  test.each(gossip)('gossip: $name', ({ author, hex, delta }) => {
    expect(deltaMeaning(readGossip(author, fromHex(hex)))).toEqual(delta)
    const epoch = delta.replica.slice(author.length) || undefined
    expect(written((writer) => writeDelta(writer, epoch, deltaOf(delta), noKeys()))).toBe(hex)
  })

  test.each(states)('state: $name', ({ hex, deltas }) => {
    expect(decodeState(fromHex(hex)).map(deltaMeaning)).toEqual(deltas)
    expect(toHex(encodeState(deltas.map(deltaOf)))).toBe(hex)
  })

  test.each(messages)('message: $name', ({ hex, message }) => {
    expect(messageMeaning(decodeMessage(fromHex(hex)))).toEqual(message)
    expect(toHex(encodeMessage(messageOf(message as MessageMeaning)))).toBe(hex)
  })

  test.each(members)('message to a member: $name', ({ hex, message }) => {
    expect(memberMeaning(decodeMemberMessage(fromHex(hex), new SharedNames()))).toEqual(message)
    expect(toHex(encodeMemberMessage(memberOf(message as MemberMeaning), new SharedNames()))).toBe(
      hex,
    )
  })

  test.each(frames)('frames: $name', async ({ messages: list, bytes }) => {
    expect(await unframed(bytes)).toEqual(list)
    expect(await framed(list)).toBe(bytes)
  })
})

describe('what is refused', () => {
  const author = gossip[0]!.author
  const doors: Record<string, (bytes: Uint8Array) => unknown> = {
    varints: (bytes) => readers.varints(new ByteReader(bytes)),
    integers: (bytes) => readers.integers(new ByteReader(bytes)),
    strings: (bytes) => readers.strings(new ByteReader(bytes)),
    gossip: (bytes) => readGossip(author, bytes),
    states: decodeState,
    messages: decodeMessage,
    members: (bytes) => decodeMemberMessage(bytes, new SharedNames()),
  }

  for (const [kind, cases] of Object.entries(refused))
    test.each(Object.entries(cases))(`${kind}: %s`, (_, hex) => {
      expect(hex.length % 2).toBe(0)
      expect(() => doors[kind]!(fromHex(hex))).toThrow(
        expect.objectContaining({ code: 'ERR_MALFORMED' }),
      )
    })
})
