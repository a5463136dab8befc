// How old a replica's operations are, by its own elapsed time, over all its starts.
import { ByteReader, ByteWriter, LIMITS, malformed, TallymeshError } from '@tallymesh/core'

/** The name of the record that a store keeps of it. */
export const AGES = 'ages'

/** All operations up to `seq` were written before so much time had passed. */
interface Mark {
  readonly elapsedMs: number
  readonly seq: number
}

/**
 * Marks of how far the operations had come at what time. Time is counted in steps that were waited for:
 * neither a clock that jumps, nor a machine that sleeps, nor a crash makes an operation older than it is.
 */
export class Ages {
  #epoch = ''
  #marks: Mark[] = []
  #elapsedMs = 0

  /** @param saved what a store has kept */
  constructor(saved: Uint8Array | undefined) {
    if (saved === undefined) return
    try {
      const { epoch, elapsedMs, marks } = decode(saved)
      this.#epoch = epoch
      this.#elapsedMs = elapsedMs
      this.#marks = marks
    } catch (error) {
      if (!(error instanceof TallymeshError)) throw error
      // A program that knew better wrote it. All count as new.
    }
  }

  /** So much more time has passed. */
  pass(ms: number): void {
    this.#elapsedMs += ms
  }

  /** The operations of `epoch` have come to `seq` by now. */
  mark(epoch: string, seq: number): void {
    if (epoch !== this.#epoch) this.#marks = []
    this.#epoch = epoch
    // A store that went back in time has fewer.
    this.#marks = this.#marks.filter((mark) => mark.seq <= seq)
    if (seq > (this.#marks.at(-1)?.seq ?? 0)) this.#marks.push({ elapsedMs: this.#elapsedMs, seq })
  }

  /** The last operation of `epoch` that is known to be as old as that; 0 for none. */
  lastOlderThan(epoch: string, ms: number): number {
    const before = this.#elapsedMs - ms
    if (epoch !== this.#epoch) return 0
    return this.#marks.findLast(({ elapsedMs }) => elapsedMs <= before)?.seq ?? 0
  }

  /** Marks up to an operation are of no use any more. */
  forget(upTo: number): void {
    this.#marks = this.#marks.filter(({ seq }) => seq > upTo)
  }

  encode(): Uint8Array {
    const writer = new ByteWriter()
    writer.string(this.#epoch)
    writer.varint(this.#elapsedMs)
    writer.varint(this.#marks.length)
    for (const { elapsedMs, seq } of this.#marks) {
      writer.varint(elapsedMs)
      writer.varint(seq)
    }
    return writer.finish()
  }
}

const decode = (bytes: Uint8Array): { epoch: string; elapsedMs: number; marks: Mark[] } => {
  const reader = new ByteReader(bytes)
  const epoch = reader.string(LIMITS.replicaBytes)
  const elapsedMs = reader.varint()
  let last = { elapsedMs: 0, seq: 0 }
  const marks = Array.from({ length: reader.count() }, () => {
    const mark = { elapsedMs: reader.varint(), seq: reader.varint() }
    if (mark.elapsedMs < last.elapsedMs || mark.elapsedMs > elapsedMs || mark.seq <= last.seq)
      throw malformed('marks of age are out of order')
    last = mark
    return mark
  })
  reader.end()
  return { epoch, elapsedMs, marks }
}
