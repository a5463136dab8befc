// Gossip: this replica's own writes, told to everyone at once. For speed, never for truth.
import {
  ByteReader,
  ByteWriter,
  LIMITS,
  malformed,
  noKeys,
  readDelta,
  utf8Length,
  writeDelta,
  type Delta,
  type DistributedKeyCounter,
} from '@tallymesh/core'
import type { Clock } from './clock.ts'
import { isProvisional } from './identity.ts'
import type { Network } from './network.ts'

/**
 * Writes within this time of the last message go out together: short against a person's notice, long
 * against the millisecond of CPU that a signed message costs.
 */
const FLUSH_WINDOW_MS = 30
/** Slots in one message. What is more is only announced, and pulled. */
const MAX_UNITS = 8192
/** Bytes of one message; libp2p.ts holds to the same. */
const MAX_BYTES: number = 64 * 1024

/** The replica behind a gossip message: its author, or an epoch of it. */
const replicaOf = (author: string, suffix: string | undefined): string => {
  if (suffix === undefined) return author
  if (!suffix.startsWith('.') || suffix.length < 2)
    throw malformed('a delta is not its author’s own')
  const replica = author + suffix
  // What is joined must also be fit to be handed on: no other message takes a longer id.
  if (utf8Length(replica) > LIMITS.replicaBytes) throw malformed('a replica id is too long')
  return replica
}

/**
 * Reads a gossip message. An author can only tell of its own slots.
 *
 * @throws {TallymeshError} `ERR_MALFORMED`
 */
export const readGossip = (author: string, message: Uint8Array): Delta => {
  const reader = new ByteReader(message)
  const delta = readDelta(reader, (suffix) => replicaOf(author, suffix), noKeys())
  reader.end()
  return delta
}

/** Publishes what this replica wrote: the first write after idle at once, then once a window. */
export class Gossip {
  readonly #counter: DistributedKeyCounter
  readonly #network: Network
  readonly #clock: Clock
  /** Up to which operation each of this replica's epochs was told of. */
  readonly #published = new Map<string, number>()
  #lastAt = -Infinity
  #cancel: (() => void) | undefined
  /** Messages sent, and their bytes. */
  sent = 0
  sentBytes = 0

  constructor(counter: DistributedKeyCounter, network: Network, clock: Clock) {
    this.#counter = counter
    this.#network = network
    this.#clock = clock
    // What was written before the start is for anti-entropy to tell.
    const { epoch } = counter.authorship
    this.#published.set(epoch, counter.lastSeq(epoch))
  }

  /** There may be something to tell: call it after each commit. */
  flushSoon(): void {
    const { replica, seq, authorship } = this.#counter
    if (this.#cancel !== undefined || isProvisional(authorship)) return
    if (seq === this.#publishedOf(replica)) return
    const wait = this.#lastAt + FLUSH_WINDOW_MS - this.#clock.now()
    if (wait <= 0) return this.#flush()
    this.#cancel = this.#clock.after(wait, () => {
      this.#cancel = undefined
      this.#flush()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = () => {}
  }

  #publishedOf(replica: string): number {
    return this.#published.get(replica) ?? 0
  }

  #flush(): void {
    const message = this.#message()
    this.#published.set(this.#counter.replica, this.#counter.seq)
    this.#lastAt = this.#clock.now()
    // With nobody there, what is told is lost; who comes later pulls it.
    if (!this.#network.publish(message)) return
    this.sent++
    this.sentBytes += message.byteLength
  }

  #message(): Uint8Array {
    const { replica } = this.#counter
    const delta = this.#counter.deltaSince(replica, this.#publishedOf(replica))
    const suffix = replica.slice(this.#network.self.length) || undefined
    const writer = new ByteWriter()
    if (delta.units.length <= MAX_UNITS) writeDelta(writer, suffix, delta, noKeys())
    if (delta.units.length <= MAX_UNITS && writer.length <= MAX_BYTES) return writer.finish()
    // Too much to push on everyone: an empty interval past it makes each a gap, which is pulled.
    const announcement = new ByteWriter()
    writeDelta(announcement, suffix, { replica, from: delta.to, to: delta.to, units: [] }, noKeys())
    return announcement.finish()
  }
}
