// Request records: what a slot remembers of an increment that came with a request id.
import type { Integer } from './integer.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { checkRequestId } from './arguments.ts'

/**
 * A request id's hash: the first 128 bits of SHA-256 over its UTF-8 bytes, one char (0 to 255) a
 * byte, since strings are what a Map can look up. Two ids of one key collide with odds of 2^-128;
 * SHA-256, so that nobody can make them collide on purpose.
 */
export type RequestHash = string

/** One request: live until its owner's floor passes `seq`. */
export interface RequestRecord {
  readonly hash: RequestHash
  readonly amount: Integer
  /** The owner's operation number of this increment; of the last one, where there are several. */
  readonly seq: number
  /** How many increments it stands for: 1, but for those of one commit under a provisional epoch. */
  readonly ops: number
}

/** Bytes of a request hash. */
export const REQUEST_HASH_BYTES = 16

const utf8 = new TextEncoder()

/**
 * The hash under which a request id is known.
 *
 * @throws {TallymeshError} `ERR_INVALID_ARGUMENT` unless `requestId` is 1 to 128 UTF-8 bytes.
 */
export const hashRequestId = (requestId: string): RequestHash => {
  checkRequestId(requestId)
  return String.fromCharCode(...sha256(utf8.encode(requestId)).subarray(0, REQUEST_HASH_BYTES))
}
