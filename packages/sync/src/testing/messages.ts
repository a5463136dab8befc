// Messages of every type, for tests of what is read and of what is refused.
import { MAX_DEPTH, type KeyedDelta, type KeyedUnit, type RequestRecord } from '@tallymesh/core'
import fc from 'fast-check'
import type { ClosedInterval } from '../closed-intervals.ts'
import type { DescentTurn, ShownNode } from '../descent.ts'
import type { Message } from '../messages.ts'

const uint32 = fc.nat(2 ** 32 - 1)
const hash = fc.record({ low: uint32, high: uint32 })
const name = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '🦀'), minLength: 1, maxLength })
const replica = name(8)
const seq = fc.integer({ min: 1, max: 2 ** 40 })
const total = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 1000n }),
  fc.bigInt({ min: -(2n ** 1000n), max: -(2n ** 60n) }),
)
const requestHash = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => String.fromCharCode(...bytes))

/** A slot of an interval that begins at `from`: every request in it is above that. */
const unit = (from: number): fc.Arbitrary<KeyedUnit> =>
  fc
    .record({
      key: name(6),
      above: fc.integer({ min: 1, max: 1000 }),
      age: fc.nat(1500),
      ops: fc.integer({ min: 2, max: 1500 }),
      total: fc.oneof(total, fc.constant('as ops')),
    })
    .chain(({ key, above, age, ops: most, total: any }) => {
      const seq = from + above
      const first = Math.max(seq - age, 1)
      const ops = Math.min(most, seq - first + 1)
      const total = any === 'as ops' ? ops : any
      const slot = { key, seq, first, ops, total }
      const request: fc.Arbitrary<RequestRecord[]> = fc
        .record({ hash: requestHash, amount: total === 0 ? fc.constant(0) : fc.integer() })
        .map((record) => [{ ...record, seq, ops }])
      return fc
        .oneof(fc.constant([]), request)
        .map((requests) => ({ ...slot, requests, isAmbiguous: true }))
    })

/** In order of seq, no key or seq twice; with keys in full, so that what is read is what was written. */
const units = (from: number, minLength: number): fc.Arbitrary<KeyedUnit[]> =>
  fc
    .uniqueArray(unit(from), { selector: ({ key }) => key, minLength, maxLength: 6 })
    .map((list) => list.sort((a, b) => a.seq - b.seq))
    .map((list) => list.filter(({ seq }, i) => seq !== list[i - 1]?.seq))

const deltas = fc.uniqueArray(
  fc.tuple(replica, fc.nat(2 ** 30)).chain(([replica, from]) =>
    fc.record({
      replica: fc.constant(replica),
      from: fc.constant(from),
      to: fc.nat(2000).map((more) => from + more),
      units: units(from, 0),
    }),
  ),
  { selector: ({ replica }) => replica, maxLength: 4 },
)

const whole: fc.Arbitrary<KeyedDelta[]> = fc.uniqueArray(
  fc.record({ replica, from: fc.constant(0), to: fc.constant(0), units: units(0, 1) }),
  { selector: ({ replica }) => replica, maxLength: 3 },
)

const nodeName = fc
  .nat(MAX_DEPTH)
  .chain((depth) => fc.record({ depth: fc.constant(depth), prefix: fc.nat(8 ** depth - 1) }))

const fingerprints = (count: number | undefined): fc.Arbitrary<number[]> =>
  fc.array(uint32, count === undefined ? { maxLength: 40 } : { minLength: count, maxLength: count })

const shown: fc.Arbitrary<ShownNode> = nodeName.chain((node) => {
  const entries = fc.record({
    depth: fc.constant(node.depth),
    prefix: fc.constant(node.prefix),
    kind: fc.constant('entries' as const),
    fingerprints: fingerprints(undefined),
  })
  if (node.depth === MAX_DEPTH) return entries
  return fc.oneof(
    entries,
    fc.record({
      depth: fc.constant(node.depth),
      prefix: fc.constant(node.prefix),
      kind: fc.constant('children' as const),
      fingerprints: fingerprints(8),
    }),
  )
})

const inOrder = (nodes: ShownNode[]): ShownNode[] =>
  nodes.sort((a, b) => a.depth - b.depth || a.prefix - b.prefix)

const nodes = (node: fc.Arbitrary<ShownNode>): fc.Arbitrary<ShownNode[]> =>
  fc
    .uniqueArray(node, { selector: ({ depth, prefix }) => `${depth}/${prefix}`, maxLength: 8 })
    .map(inOrder)

const turn: fc.Arbitrary<DescentTurn<KeyedDelta>> = fc.record({
  nodes: nodes(shown),
  wants: nodes(shown.filter(({ kind }) => kind === 'entries')),
  offers: whole,
  replies: whole,
  waits: fc.boolean(),
})

const version = fc
  .uniqueArray(fc.tuple(replica, seq), { selector: ([replica]) => replica })
  .map((entries) => new Map(entries))

const closed: fc.Arbitrary<ClosedInterval[]> = fc.array(
  fc
    .record({ replica, from: fc.nat(1000), count: fc.integer({ min: 1, max: 1000 }) })
    .map(({ replica, from, count }) => ({ replica, from, to: from + count })),
  { maxLength: 5 },
)

const bytes = fc.uint8Array({ maxLength: 40 })

/** By type, so that a test can name those it is about. */
export const MESSAGES: { readonly [T in Message['type']]: fc.Arbitrary<Message> } = {
  digest: fc.record({
    type: fc.constant('digest' as const),
    digest: fc.record({ root: hash, version: hash }),
  }),
  same: fc.nat(2 ** 31 - 1).map((wallMs) => ({ type: 'same' as const, wallMs })),
  busy: fc.constant({ type: 'busy' }),
  version: fc.record({
    type: fc.constant('version' as const),
    wallMs: fc.nat(2 ** 31 - 1),
    version,
    closed,
  }),
  slots: fc.record({ type: fc.constant('slots' as const), deltas }),
  signed: fc.record({
    type: fc.constant('signed' as const),
    deltas: fc.array(fc.record({ bytes, signature: bytes }), { maxLength: 4 }),
  }),
  begin: fc.record({ type: fc.constant('begin' as const), salt: uint32, turn }),
  descent: fc.record({ type: fc.constant('descent' as const), turn }),
}

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values(MESSAGES))
