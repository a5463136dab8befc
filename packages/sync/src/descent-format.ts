// The turns of a Merkle descent as bytes. docs/protocol.md, section "Descent", describes the same.
import {
  decodeState,
  encodeState,
  FAN_OUT,
  malformed,
  MAX_DEPTH,
  type ByteReader,
  type ByteWriter,
  type Delta,
  type KeyedDelta,
  type NodeName,
} from '@tallymesh/core'
import type { DescentTurn, ShownNode, WantedEntries } from './descent.ts'

/** The turn's first byte. */
const WAITS = 1
const HAS_OFFERS = 2
const HAS_REPLIES = 4
/** The low bits of a node's first byte say how many entries it shows, plus one; this, that they follow. */
const MANY_ENTRIES = 15
const CHILDREN = 0

export const writeTurn = (writer: ByteWriter, turn: DescentTurn<KeyedDelta>): void => {
  writer.byte(
    (turn.waits ? WAITS : 0) +
      (turn.offers.length > 0 ? HAS_OFFERS : 0) +
      (turn.replies.length > 0 ? HAS_REPLIES : 0),
  )
  writer.varint(turn.nodes.length)
  writeInOrder(writer, turn.nodes, (node) =>
    node.kind === 'children' ? CHILDREN : node.fingerprints.length + 1,
  )
  writer.varint(turn.wants.length)
  writeInOrder(writer, turn.wants, (want) => want.fingerprints.length + 1)
  for (const deltas of [turn.offers, turn.replies])
    if (deltas.length > 0) {
      const bytes = encodeState(deltas)
      writer.varint(bytes.length)
      writer.bytes(bytes)
    }
}

/** Nodes in order of name, so that most names are small differences. */
const writeInOrder = <T extends WantedEntries>(
  writer: ByteWriter,
  nodes: readonly T[],
  kindOf: (node: T) => number,
): void => {
  let before: NodeName = { depth: -1, prefix: 0 }
  for (const node of nodes.toSorted((a, b) => a.depth - b.depth || a.prefix - b.prefix)) {
    const kind = kindOf(node)
    writer.byte(node.depth * 16 + Math.min(kind, MANY_ENTRIES))
    if (kind >= MANY_ENTRIES) writer.varint(kind)
    writer.varint(node.depth === before.depth ? node.prefix - before.prefix : node.prefix)
    for (const fingerprint of node.fingerprints) writer.uint32(fingerprint)
    before = node
  }
}

/** @throws {TallymeshError} `ERR_MALFORMED` */
export const readTurn = (reader: ByteReader): DescentTurn => {
  const flags = reader.byte()
  if (flags > WAITS + HAS_OFFERS + HAS_REPLIES)
    throw malformed('a turn has flags that are not known')
  const nodes = readInOrder(reader)
  const wants = readInOrder(reader)
  for (const { kind } of wants)
    if (kind === 'children') throw malformed('a turn wants entries and names none')
  const offers = flags & HAS_OFFERS ? readWhole(reader) : []
  const replies = flags & HAS_REPLIES ? readWhole(reader) : []
  return { nodes, wants, offers, replies, waits: (flags & WAITS) !== 0 }
}

/** Whole slots and floors: from the beginning, and claiming nothing more. */
const readWhole = (reader: ByteReader): Delta[] => {
  const deltas = decodeState(reader.bytes(reader.varint()))
  for (const { from, to, units, floor } of deltas)
    if (from !== 0 || to !== 0 || (units.length === 0 && floor === undefined))
      throw malformed('a descent swaps whole slots, and claims nothing more')
  if (deltas.length === 0) throw malformed('slots are announced, and there are none')
  return deltas
}

const readInOrder = (reader: ByteReader): ShownNode[] => {
  const nodes: ShownNode[] = []
  let before: NodeName = { depth: -1, prefix: 0 }
  for (let left = reader.count(); left > 0; left--) {
    const head = reader.byte()
    const depth = head >>> 4
    const kind = (head & 15) === MANY_ENTRIES ? reader.varint() : head & 15
    if (kind < (head & 15)) throw malformed('a number is longer than it need be')
    const isSameDepth = depth === before.depth
    const step = reader.varint()
    const prefix = step + (isSameDepth ? before.prefix : 0)
    if (depth > MAX_DEPTH || depth < before.depth || prefix >= FAN_OUT ** depth)
      throw malformed('a node is out of the tree, or out of order')
    if (isSameDepth && step === 0) throw malformed('a node stands twice')
    if (kind === CHILDREN && depth === MAX_DEPTH) throw malformed('a node is too deep for children')
    before = { depth, prefix }
    nodes.push({
      depth,
      prefix,
      kind: kind === CHILDREN ? 'children' : 'entries',
      fingerprints: readFingerprints(reader, kind === CHILDREN ? FAN_OUT : kind - 1),
    })
  }
  return nodes
}

const readFingerprints = (reader: ByteReader, count: number): number[] => {
  if (count * 4 > reader.left) throw malformed('more is announced than the message can hold')
  return Array.from({ length: count }, () => reader.uint32())
}
