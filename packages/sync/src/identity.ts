// Which ids a replica has written under, and what its store keeps of that.
import {
  ByteReader,
  ByteWriter,
  LIMITS,
  malformed,
  type Authorship,
  type DistributedKeyCounter,
} from '@tallymesh/core'
import type { Random } from './clock.ts'
import { peerOf } from './handing-on.ts'
import { readSpans, writeSpans, type Span } from './shelter.ts'

/** What the record `m/identity` holds. Without the record: the peer's own id, and nothing provisional. */
export interface Identity {
  /** The epoch that the replica goes on under, once that is proven. */
  readonly epoch: string
  /** Epochs that it counted under before that was proven: nobody outside has seen them. */
  readonly provisional: readonly string[]
  /**
   * The store went back in time, and the replica has not exchanged with enough other members since: as a
   * member, it may have forgotten what it had voted for.
   */
  readonly isCatchingUp: boolean
  /** See shelter.ts. */
  readonly sheltered: readonly Span[]
}

/** The name of its record. */
export const IDENTITY = 'identity'

const TAG_CHARS = 6

export const encodeIdentity = ({
  epoch,
  provisional,
  isCatchingUp,
  sheltered,
}: Identity): Uint8Array => {
  const writer = new ByteWriter()
  writer.string(epoch)
  writer.varint(provisional.length)
  for (const replica of provisional) writer.string(replica)
  writer.byte(isCatchingUp ? 1 : 0)
  writeSpans(writer, sheltered)
  return writer.finish()
}

/**
 * @param peer whose store it is: ids of another peer are none of its own
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const decodeIdentity = (bytes: Uint8Array, peer: string): Identity => {
  const reader = new ByteReader(bytes)
  const epoch = reader.string(LIMITS.replicaBytes)
  const provisional = Array.from({ length: reader.count() }, () =>
    reader.string(LIMITS.replicaBytes),
  )
  const flag = reader.byte()
  // Before there were floors, nobody noted what was counted provisionally: it may be anything.
  const sheltered = reader.left > 0 ? readSpans(reader) : [[0, LIMITS.seq] as const]
  reader.end()
  if (flag > 1) throw malformed('an identity is of no kind that is known')
  if (epoch === '') throw malformed('an identity has no epoch')
  if (peerOf(epoch) !== peer) return firstIdentity(peer)
  const own = provisional.filter((replica) => peerOf(replica) === peer)
  return { epoch, provisional: own, isCatchingUp: flag === 1, sheltered }
}

/** Of a peer that has never written. */
export const firstIdentity = (peer: string): Identity => ({
  epoch: peer,
  provisional: [],
  isCatchingUp: false,
  sheltered: [],
})

/** An id that no replica has had: the peer's, with a random tag. */
export const freshEpoch = (
  peer: string,
  random: Random,
  counter: DistributedKeyCounter,
): string => {
  for (;;) {
    const tag = Math.floor(random() * 36 ** TAG_CHARS).toString(36)
    const replica = `${peer}.${tag.padStart(TAG_CHARS, '0')}`
    if (counter.lastHeardSeq(replica) === 0) return replica
  }
}

/** Whether what it counts is kept from others, until its id is proven. */
export const isProvisional = ({ writer, epoch }: Authorship): boolean => writer !== epoch
