// The messages on a line to a member, and their bytes. docs/protocol.md describes the same.
import { ByteReader, ByteWriter, LIMITS, malformed, type Hash64 } from '@tallymesh/core'
import { MODES, readSlots, writeSlots, type Answer, type Lack, type Proposal } from './proposal.ts'
import type { SharedNames } from './shared-names.ts'

/** Bytes of the random name that a process gives itself. */
export const INSTANCE_BYTES = 16

export type MemberMessage =
  /** I write under `epoch`, or will once that is proven. Do you know more of it than I do? */
  | { readonly type: 'hello'; readonly instance: string; readonly epoch: string }
  /** The answer to a hello. */
  | {
      readonly type: 'known'
      /** The highest operation number that this member has heard of; 0 for none. */
      readonly seq: number
      /** Another living process writes under it. */
      readonly isHeld: boolean
    }
  /** Proposals. */
  | {
      readonly type: 'ask'
      /** The number of the first proposal; the next ones have those that follow. */
      readonly id: number
      /** The members that the asker goes by: see `hashOfMembers`. */
      readonly list: Hash64
      readonly proposals: readonly Proposal[]
    }
  /** Answers to proposals of one ask that follow each other, the first of them of that number. */
  | { readonly type: 'answer'; readonly id: number; readonly answers: readonly Answer[] }
  /** A member may not vote now, or could not do what was asked: of what it has not answered of an ask. */
  | { readonly type: 'abstain'; readonly id: number }
  /** Are you there? */
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }

const CODES = { hello: 1, known: 2, ping: 3, pong: 4, ask: 5, answer: 6, abstain: 7 } as const

/** 2^1024 has 309 digits, and a counter some million slots. */
const MAX_VALUE_CHARS = 330

const IS_ACCEPTED = 1
const HAS_COUNTER = 2

/** @param names what this side has said before on its line */
export const encodeMemberMessage = (
  message: MemberMessage,
  names: SharedNames,
): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter()
  writer.byte(CODES[message.type])
  if (message.type === 'hello') {
    for (let i = 0; i < INSTANCE_BYTES; i++) writer.byte(message.instance.charCodeAt(i))
    writer.string(message.epoch)
  } else if (message.type === 'known') {
    writer.varint(message.seq)
    writer.byte(message.isHeld ? 1 : 0)
  } else if (message.type === 'ask') writeAsk(writer, names, message)
  else if (message.type === 'answer') writeAnswers(writer, names, message)
  else if (message.type === 'abstain') writer.varint(message.id)
  return writer.finish()
}

const writeAsk = (
  writer: ByteWriter,
  names: SharedNames,
  { id, list, proposals }: Extract<MemberMessage, { type: 'ask' }>,
): void => {
  writer.varint(id)
  writer.uint32(list.low)
  writer.uint32(list.high)
  writer.varint(proposals.length)
  for (const { mode, key, slots } of proposals) {
    writer.byte(MODES.indexOf(mode))
    writer.string(key)
    writeSlots(writer, names, slots)
  }
}

const writeAnswers = (
  writer: ByteWriter,
  names: SharedNames,
  { id, answers }: Extract<MemberMessage, { type: 'answer' }>,
): void => {
  writer.varint(id)
  writer.varint(answers.length)
  for (const { isAccepted, lacks, more, counter } of answers) {
    writer.byte((isAccepted ? IS_ACCEPTED : 0) + (counter === undefined ? 0 : HAS_COUNTER))
    writer.varint(lacks.length)
    for (const { place, held } of lacks) {
      writer.varint(place)
      writer.varint(held)
    }
    // The asker knows which key it asked for.
    writeSlots(writer, names, more)
    if (counter === undefined) continue
    writer.string(`${counter.value}`)
    writer.varint(counter.ops)
  }
}

/**
 * @param names what the other side has said before on its line
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const decodeMemberMessage = (bytes: Uint8Array, names: SharedNames): MemberMessage => {
  const reader = new ByteReader(bytes)
  const message = readMessage(reader, names)
  reader.end()
  return message
}

const readMessage = (reader: ByteReader, names: SharedNames): MemberMessage => {
  const code = reader.byte()
  switch (code) {
    case CODES.hello: {
      const instance = String.fromCharCode(...reader.bytes(INSTANCE_BYTES))
      const epoch = reader.string(LIMITS.replicaBytes)
      if (epoch === '') throw malformed('a hello names no epoch')
      return { type: 'hello', instance, epoch }
    }
    case CODES.known: {
      const seq = reader.varint()
      const held = reader.byte()
      if (seq > LIMITS.seq || held > 1) throw malformed('a member’s word is none')
      return { type: 'known', seq, isHeld: held === 1 }
    }
    case CODES.ask:
      return readAsk(reader, names)
    case CODES.answer:
      return readAnswers(reader, names)
    case CODES.abstain:
      return { type: 'abstain', id: reader.varint() }
    case CODES.ping:
      return { type: 'ping' }
    case CODES.pong:
      return { type: 'pong' }
    default:
      throw malformed(`message type ${code} is not known`)
  }
}

const readAsk = (reader: ByteReader, names: SharedNames): MemberMessage => {
  const id = reader.varint()
  const list = { low: reader.uint32(), high: reader.uint32() }
  const proposals = Array.from({ length: someOf(reader) }, (): Proposal => {
    const mode = MODES[reader.byte()]
    if (mode === undefined) throw malformed('a proposal is of no kind that is known')
    const key = reader.string(LIMITS.keyBytes)
    if (key === '') throw malformed('a key is empty')
    return { mode, key, slots: readSlots(reader, names) }
  })
  return { type: 'ask', id, list, proposals }
}

const readAnswers = (reader: ByteReader, names: SharedNames): MemberMessage => {
  const id = reader.varint()
  const answers = Array.from({ length: someOf(reader) }, (): Answer => {
    const flags = reader.byte()
    if (flags > IS_ACCEPTED + HAS_COUNTER) throw malformed('an answer is of no kind that is known')
    const lacks = Array.from({ length: reader.count() }, () => readLack(reader))
    const more = readSlots(reader, names)
    const counter =
      flags & HAS_COUNTER ? { value: readValue(reader), ops: reader.varint() } : undefined
    return { isAccepted: (flags & IS_ACCEPTED) !== 0, lacks, more, counter }
  })
  return { type: 'answer', id, answers }
}

const readLack = (reader: ByteReader): Lack => {
  const lack = { place: reader.varint(), held: reader.varint() }
  if (lack.held > LIMITS.seq) throw malformed('an operation number is past the last')
  return lack
}

/** As decimal digits: a sum of totals may be larger than any total. */
const readValue = (reader: ByteReader): bigint => {
  const digits = reader.string(MAX_VALUE_CHARS)
  if (!/^(0|-?[1-9][0-9]*)$/.test(digits)) throw malformed('a value is no whole number')
  return BigInt(digits)
}

const someOf = (reader: ByteReader): number => {
  const count = reader.count()
  if (count === 0) throw malformed('a message asks for nothing, or answers nothing')
  return count
}
