// What bytes mean, as JSON: integers as decimal strings, bytes as hex, a key left to its short name as null.
import type {
  Delta,
  Hash64,
  Integer,
  KeyedDelta,
  RequestRecord,
  VersionVector,
} from '@tallymesh/core'
import type { ClosedInterval } from '../../packages/sync/src/closed-intervals.ts'
import type { DescentTurn, ShownNode, WantedEntries } from '../../packages/sync/src/descent.ts'
import type { Message, Received } from '../../packages/sync/src/messages.ts'
import type { MemberMessage } from '../../packages/sync/src/member-messages.ts'
import { readSigned } from '../../packages/sync/src/signed-delta.ts'

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(hex, 'hex'))

/** A hash as it stands on the wire. */
export const hashToHex = ({ low, high }: Hash64): string => {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(low, 0)
  bytes.writeUInt32LE(high, 4)
  return bytes.toString('hex')
}

const hashFromHex = (hex: string): Hash64 => {
  const bytes = Buffer.from(hex, 'hex')
  return { low: bytes.readUInt32LE(0), high: bytes.readUInt32LE(4) }
}

export interface RequestMeaning {
  hash: string
  amount: string
  seq: number
  ops: number
}

export interface UnitMeaning {
  key: string | null
  first: number
  seq: number
  ops: number
  total: string
  requests: RequestMeaning[]
}

export interface DeltaMeaning {
  replica: string
  from: number
  to: number
  /** Left out where the delta brings none. */
  floor?: { at: number; upTo: number; kept: number[] }
  units: UnitMeaning[]
}

export interface TurnMeaning {
  waits: boolean
  nodes: ShownNode[]
  wants: WantedEntries[]
  offers: DeltaMeaning[]
  replies: DeltaMeaning[]
}

export type MessageMeaning =
  | { type: 'digest'; root: string; version: string }
  | { type: 'begin'; salt: number; turn: TurnMeaning }
  | { type: 'same'; wallMs: number }
  | { type: 'busy' }
  | {
      type: 'version'
      wallMs: number
      version: Record<string, number>
      closed: ClosedInterval[]
    }
  | { type: 'slots'; deltas: DeltaMeaning[] }
  | { type: 'descent'; turn: TurnMeaning }
  | { type: 'signed'; deltas: { bytes: string; delta: DeltaMeaning; signature: string }[] }

export const integerOf = (text: string): Integer => {
  const value = BigInt(text)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

export const requestMeaning = ({ hash, amount, seq, ops }: RequestRecord): RequestMeaning => ({
  hash: Buffer.from(hash, 'latin1').toString('hex'),
  amount: amount.toString(),
  seq,
  ops,
})

export const deltaMeaning = ({ replica, from, to, units, floor }: Delta): DeltaMeaning => ({
  replica,
  from,
  to,
  ...(floor !== undefined && { floor: { ...floor, kept: [...floor.kept] } }),
  units: units.map(({ key, first, seq, ops, total, requests }) => ({
    key: key ?? null,
    first,
    seq,
    ops,
    total: total.toString(),
    requests: requests.map(requestMeaning),
  })),
})

/** A delta that is written as `delta` was read. */
export const deltaOf = ({ units, ...delta }: DeltaMeaning): KeyedDelta => ({
  ...delta,
  units: units.map(({ key, total, requests, ...unit }) => ({
    ...unit,
    key: key ?? '',
    isAmbiguous: key !== null,
    total: integerOf(total),
    requests: requests.map(({ hash, amount, seq, ops }) => ({
      hash: Buffer.from(hash, 'hex').toString('latin1'),
      amount: integerOf(amount),
      seq,
      ops,
    })),
  })),
})

const turnMeaning = ({ nodes, wants, offers, replies, waits }: DescentTurn): TurnMeaning => ({
  waits,
  nodes: [...nodes],
  // Read like nodes: of these the kind says nothing.
  wants: wants.map(({ depth, prefix, fingerprints }) => ({ depth, prefix, fingerprints })),
  offers: offers.map(deltaMeaning),
  replies: replies.map(deltaMeaning),
})

export const messageMeaning = (message: Received): MessageMeaning => {
  switch (message.type) {
    case 'digest': {
      const { digest } = message
      const [root, version] = [hashToHex(digest.root), hashToHex(digest.version)]
      return { type: 'digest', root, version }
    }
    case 'same':
      return { type: 'same', wallMs: message.wallMs }
    case 'version':
      return {
        type: 'version',
        wallMs: message.wallMs,
        version: Object.fromEntries(message.version),
        closed: [...message.closed],
      }
    case 'slots':
      return { type: 'slots', deltas: message.deltas.map(deltaMeaning) }
    case 'begin':
      return { type: 'begin', salt: message.salt, turn: turnMeaning(message.turn) }
    case 'descent':
      return { type: 'descent', turn: turnMeaning(message.turn) }
    case 'signed':
      return {
        type: 'signed',
        deltas: message.deltas.map(({ bytes, signature }) => ({
          bytes: toHex(bytes),
          delta: deltaMeaning(readSigned(bytes)),
          signature: toHex(signature),
        })),
      }
    default:
      return { type: message.type }
  }
}

/** What clocks show in the vectors. */
export const WALL_MS = 1_795_000_000_000

export const versionOf = (
  version: VersionVector,
  closed: readonly ClosedInterval[] = [],
): Message => ({ type: 'version', wallMs: WALL_MS, version, closed })

const turnOf = ({ offers, replies, ...turn }: TurnMeaning): DescentTurn<KeyedDelta> => ({
  ...turn,
  offers: offers.map(deltaOf),
  replies: replies.map(deltaOf),
})

export const messageOf = (message: MessageMeaning): Message => {
  switch (message.type) {
    case 'digest': {
      const digest = { root: hashFromHex(message.root), version: hashFromHex(message.version) }
      return { type: 'digest', digest }
    }
    case 'same':
      return { type: 'same', wallMs: message.wallMs }
    case 'version':
      return versionOf(new Map(Object.entries(message.version)), message.closed)
    case 'slots':
      return { type: 'slots', deltas: message.deltas.map(deltaOf) }
    case 'begin':
      return { type: 'begin', salt: message.salt, turn: turnOf(message.turn) }
    case 'descent':
      return { type: 'descent', turn: turnOf(message.turn) }
    case 'signed': {
      const deltas = message.deltas.map(({ bytes, signature }) => ({
        bytes: fromHex(bytes),
        signature: fromHex(signature),
      }))
      return { type: 'signed', deltas }
    }
    default:
      return message
  }
}

/** With the random name of a process in hex. */
export type MemberMeaning = MemberMessage

export const memberMeaning = (message: MemberMessage): MemberMeaning =>
  message.type === 'hello'
    ? { ...message, instance: Buffer.from(message.instance, 'latin1').toString('hex') }
    : message

export const memberOf = (meaning: MemberMeaning): MemberMessage =>
  meaning.type === 'hello'
    ? { ...meaning, instance: Buffer.from(meaning.instance, 'hex').toString('latin1') }
    : meaning
