import { type Change, TallymeshError } from '@tallymesh/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seal } from './checksum.ts'
import { FORMAT_VERSION, RecordCodec } from './records.ts'
import type { StoreBatch, StoredRecord } from './store.ts'

const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const replica = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => new TextEncoder().encode(text).length <= 128)
const key = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', '🧮', 'k'.repeat(512)),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
)
const amount = fc.oneof(
  fc.maxSafeInteger().map((n) => n + 0),
  fc
    .bigInt({ min: 1n - (1n << 1024n), max: (1n << 1024n) - 1n })
    .map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n)),
)
const span = fc.tuple(seq, seq).map(([a, b]) => ({ first: Math.min(a, b), seq: Math.max(a, b) }))
const hash = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => String.fromCharCode(...bytes))

const slotChange = fc
  .record({ replica, key, span, ops: seq, total: amount })
  .map(({ replica, key, span, ops, total }): Change => ({
    kind: 'slot',
    replica,
    key,
    slot: { ...span, ops, total },
  }))
const requestChange = fc
  .record({ replica, span, hash, amount, ops: seq })
  .map(({ replica, span, hash, amount, ops }): Change => ({
    kind: 'request',
    replica,
    first: span.first,
    record: { hash, amount, seq: span.seq, ops },
  }))
const versionChange = fc
  .record({ replica, seq })
  .map(({ replica, seq }): Change => ({ kind: 'version', replica, seq }))
const floorChange = fc
  .record({ replica, span, kept: fc.uniqueArray(fc.integer({ min: 1, max: 500 })) })
  .map(({ replica, span: { first, seq }, kept }): Change => {
    const at = Math.min(2 ** 48 - 1, seq) + 1
    const upTo = Math.min(at - 1, first)
    const below = kept.filter((one) => one <= upTo).sort((a, b) => a - b)
    return { kind: 'floor', replica, floor: { at: Math.min(2 ** 48 - 1, at), upTo, kept: below } }
  })
  .filter((one) => one.kind === 'floor' && one.floor.upTo < one.floor.at)
const change = fc.oneof(slotChange, requestChange, versionChange, floorChange)

const slot: Change = {
  kind: 'slot',
  replica: 'a',
  key: 'views',
  slot: { first: 3, seq: 7, ops: 2, total: -5 },
}
const request: Change = {
  kind: 'request',
  replica: 'a',
  first: 3,
  record: { hash: '\u00ff'.repeat(16), amount: 12, seq: 7, ops: 3 },
}

const encodeAll = (changes: readonly Change[]): StoreBatch => new RecordCodec().encode(changes)
const decodeAll = (batch: StoreBatch): unknown[] => {
  const codec = new RecordCodec()
  return batch.put.map((record) => codec.decode(record))
}
const idsOf = (records: readonly StoredRecord[]): string[] => records.map(({ id }) => id)

describe('RecordCodec', () => {
  test('gives back every change as it was', () => {
    fc.assert(
      fc.property(change, (one) => {
        const batch = encodeAll([one])
        expect(idsOf(batch.put).every((id) => id.length <= 64)).toBe(true)
        expect(decodeAll(batch)).toEqual([{ kind: 'format' }, { kind: 'replica', number: 0 }, one])
      }),
    )
  })

  test('keeps to short ids', () => {
    const version: Change = { kind: 'version', replica: 'b', seq: 9 }
    const batch = encodeAll([slot, request, version])
    expect(idsOf(batch.put)).toEqual(['m/format', 'r/0', 'r/1', 's/0/3', 'q/0/7', 'v/1'])
  })

  test('takes the last change of each id', () => {
    const later: Change = { ...slot, slot: { first: 3, seq: 9, ops: 3, total: 1 } }
    const dropped: Change = { kind: 'dropped-request', replica: 'a', first: 3, seq: 7 }
    const batch = encodeAll([slot, request, later, dropped])
    expect(decodeAll(batch).slice(2)).toEqual([later])
    expect(batch.delete).toEqual(['q/0/7'])
  })

  test('notices every flipped bit', () => {
    for (const record of encodeAll([slot, request, { ...slot, key: 'k'.repeat(512) }]).put)
      for (let bit = 0; bit < record.bytes.length * 8; bit++) {
        const bytes = record.bytes.slice()
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        const decoded = new RecordCodec().decode({ id: record.id, bytes })
        expect(decoded).toMatchObject({ kind: 'damaged', id: record.id })
      }
  })

  test('notices a record that was cut short, or is found under another id', () => {
    for (const { id, bytes } of encodeAll([slot, request]).put) {
      for (let length = 0; length < bytes.length; length++)
        expect(new RecordCodec().decode({ id, bytes: bytes.subarray(0, length) }).kind).toBe(
          'damaged',
        )
      expect(new RecordCodec().decode({ id: `${id}1`, bytes }).kind).toBe('damaged')
    }
  })

  test('reads nothing into a sealed record that breaks a rule', () => {
    const codec = new RecordCodec()
    for (const record of codec.encode([slot]).put) codec.decode(record)
    const payload = Uint8Array.of(1, 0x6b, 7, 2, 9)
    const read = (id: string): unknown => codec.decode({ id, bytes: seal(id, payload) })
    expect(read('s/0/3')).toMatchObject({ kind: 'slot', key: 'k' })
    for (const id of ['s/0/8', 's/0/0', 's/0', 's/0/!', 'y/0/3', 's//3', '', 'v/0', 'q/0/3', 'r/1'])
      expect(read(id)).toMatchObject({ kind: 'damaged', id })
  })

  test('refuses the format of a newer program', () => {
    const id = 'm/format'
    const newer = { id, bytes: seal(id, Uint8Array.of(FORMAT_VERSION + 1)) }
    expect(() => new RecordCodec().decode(newer)).toThrow(TallymeshError)
    expect(() => new RecordCodec().decode(newer)).toThrow(/format 2.*reads up to 1/)
  })

  test('says its own records again until a commit has taken them', () => {
    const codec = new RecordCodec()
    const rejected = codec.encode([slot])
    expect(idsOf(rejected.put)).toEqual(['m/format', 'r/0', 's/0/3'])
    const batch = codec.encode([{ ...slot, replica: 'b' }])
    expect(idsOf(batch.put)).toEqual(['m/format', 'r/0', 'r/1', 's/1/3'])
    codec.saved(batch)
    expect(idsOf(codec.encode([slot]).put)).toEqual(['s/0/3'])
  })

  test('gives no number twice, not even that of a damaged replica record', () => {
    const codec = new RecordCodec()
    codec.decode({ id: 'r/z', bytes: new Uint8Array(9) })
    expect(idsOf(codec.encode([slot]).put)).toContain('s/10/3')
  })

  test('carries what is not a counter', () => {
    const codec = new RecordCodec()
    const payload = Uint8Array.of(1, 2, 3)
    const decoded = codec.decode(codec.encodeMeta('identity', payload))
    expect(decoded).toEqual({ kind: 'meta', name: 'identity', payload })
  })

  test('drops a replica with all that it has, and never gives its number again', () => {
    const codec = new RecordCodec()
    codec.saved(codec.encode([slot, request]))
    const dropped = codec.encode([
      { kind: 'dropped-request', replica: 'a', first: 3, seq: 7 },
      { kind: 'dropped-slot', replica: 'a', first: 3 },
      { kind: 'dropped-replica', replica: 'a' },
    ])
    expect(dropped.put).toEqual([])
    expect(dropped.delete.toSorted()).toEqual(['f/0', 'q/0/7', 'r/0', 's/0/3', 'v/0'])
    codec.saved(dropped)
    expect(codec.encode([slot]).put.map(({ id }) => id)).toEqual(['r/1', 's/1/3'])
  })
})
