// What is hashed of a key, a replica id, a slot and a request: docs/protocol.md, section "Hashes".
import type { Integer } from './integer.ts'
import type { Floor } from './floor.ts'
import { hashInput, hashOfInput, plus, ZERO, type Hash64 } from './murmur.ts'
import { REQUEST_HASH_BYTES, type RequestRecord } from './request.ts'
import type { Slot } from './slot.ts'

const utf8 = new TextEncoder()
const view = new DataView(hashInput.buffer)

/** The hash of a string's UTF-8 bytes; of at most 512. */
export const hashText = (text: string): Hash64 => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return hashOfInput(utf8.encodeInto(text, hashInput).written)
    hashInput[i] = unit
  }
  return hashOfInput(text.length)
}

/** The hash of a request record: seq, ops, id, amount. */
export const hashRequest = ({ hash, amount, seq, ops }: RequestRecord): Hash64 => {
  putNumber(0, seq)
  putNumber(8, ops)
  for (let i = 0; i < REQUEST_HASH_BYTES; i++) hashInput[16 + i] = hash.charCodeAt(i)
  return hashOfInput(putInteger(16 + REQUEST_HASH_BYTES, amount))
}

/** The hash of a slot: key, replica, the sum of its requests' hashes, first, seq, ops, total. */
export const hashSlot = (key: Hash64, replica: Hash64, requests: Hash64, slot: Slot): Hash64 => {
  putHash(0, key)
  putHash(8, replica)
  putHash(16, requests)
  putNumber(24, slot.first)
  putNumber(32, slot.seq)
  putNumber(40, slot.ops)
  return hashOfInput(putInteger(48, slot.total))
}

/** The hash of a floor: replica, the sum of the hashes of the seqs that it keeps, at, upTo. */
export const hashFloor = (replica: Hash64, { at, upTo, kept }: Floor): Hash64 => {
  let sum = ZERO
  for (const seq of kept) {
    putNumber(0, seq)
    sum = plus(sum, hashOfInput(8))
  }
  putHash(0, replica)
  putHash(8, sum)
  putNumber(16, at)
  putNumber(24, upTo)
  return hashOfInput(32)
}

/** The hash of one entry of a version vector. */
export const hashVersion = (replica: Hash64, seq: number): Hash64 => {
  putHash(0, replica)
  putNumber(8, seq)
  return hashOfInput(16)
}

const putHash = (at: number, { low, high }: Hash64): void => {
  view.setUint32(at, low, true)
  view.setUint32(at + 4, high, true)
}

const putNumber = (at: number, value: number): void => {
  view.setUint32(at, value >>> 0, true)
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}

/**
 * Two's complement, lowest byte first: eight bytes for what fits 64 bits as a safe integer, else as
 * many eights as it takes.
 */
const putInteger = (at: number, value: Integer): number => {
  if (typeof value === 'number') {
    view.setUint32(at, value >>> 0, true)
    view.setInt32(at + 4, Math.floor(value / 2 ** 32), true)
    return at + 8
  }
  let rest = value
  let end = at
  do {
    view.setBigUint64(end, BigInt.asUintN(64, rest), true)
    end += 8
    rest >>= 64n
  } while (rest !== 0n && rest !== -1n)
  // The sign, where the top bit does not show it.
  hashInput[end] = rest < 0n ? 1 : 0
  return end + 1
}
