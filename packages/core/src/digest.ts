// What a whole state comes to, in a few bytes: equal digests, equal states.
import { sha256 } from '@noble/hashes/sha2.js'
import { ByteWriter } from './bytes.ts'
import { compareKeys } from './key-order.ts'
import type { VersionVector } from './version-vector.ts'

/** Bytes of a digest: 128 bits, so that two of all the states there ever are differ in it. */
export const DIGEST_BYTES = 16

/** A hash of a version vector, whatever the order of its entries. O(replicas log replicas). */
export const digestOf = (version: VersionVector): Uint8Array => {
  const writer = new ByteWriter()
  for (const [replica, seq] of [...version].sort(([a], [b]) => compareKeys(a, b))) {
    writer.string(replica)
    writer.varint(seq)
  }
  return sha256(writer.finish()).subarray(0, DIGEST_BYTES)
}
