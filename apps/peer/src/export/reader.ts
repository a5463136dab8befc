// A file read line by line: what may follow what, and whether all of it came.
import { type ReplicaFloor, type RequestRecord, TallymeshError } from '@tallymesh/core'
import {
  type Counts,
  type ExportedSlot,
  type Header,
  type Line,
  malformed,
  readLine,
} from './format.ts'
import { EXPORT_LIMITS } from './limits.ts'
import { Lines } from './lines.ts'

export interface ExportSink {
  /** The first line; throws what there is against it. */
  header(header: Header): void
  /** All floors come before any slot. */
  floor(floor: ReplicaFloor): void
  slot(slot: ExportedSlot): void
}

/** Its requests may go on. */
interface OpenSlot extends ExportedSlot {
  readonly requests: RequestRecord[]
}

/** What it keeps may go on. */
interface OpenFloor extends ReplicaFloor {
  readonly floor: { readonly at: number; readonly upTo: number; readonly kept: number[] }
}

/**
 * Hands on what a file holds as it comes. That the file is whole is known only at its end: until `end`
 * has returned, nothing of it may be taken for true.
 *
 * Every method throws `ERR_MALFORMED`, with the line and what is wrong with it.
 */
export class ExportReader {
  readonly #sink: ExportSink
  readonly #lines = new Lines(EXPORT_LIMITS.lineBytes)
  readonly #keys = new Set<string>()
  #line = 0
  #slots = 0
  #requests = 0
  #open: OpenSlot | undefined
  #floor: OpenFloor | undefined
  #counts: Counts | undefined

  constructor(sink: ExportSink) {
    this.#sink = sink
  }

  /** Takes the next bytes of the file. */
  push(bytes: Uint8Array): void {
    this.#each(this.#lines.push(bytes))
  }

  /** All bytes have come: what they held. */
  end(): Counts {
    this.#each(this.#lines.end())
    if (this.#counts) return this.#counts
    throw malformed(
      `the file was cut: it ends after ${this.#line} lines, without the one that counts them`,
    )
  }

  /** The keys of the counters so far. */
  get keys(): Set<string> {
    return this.#keys
  }

  #each(lines: Iterator<string, void>): void {
    for (;;) {
      try {
        const { value, done } = lines.next()
        if (done) return
        this.#read(value)
      } catch (error) {
        if (!(error instanceof TallymeshError && error.code === 'ERR_MALFORMED')) throw error
        throw new TallymeshError('ERR_MALFORMED', `line ${this.#line + 1}: ${error.message}`, {
          cause: error,
        })
      }
    }
  }

  #read(text: string): void {
    if (this.#counts) throw malformed('there must be nothing after the last line of an export')
    const line = readLine(text)
    if ((line.kind === 'header') !== (this.#line === 0))
      throw malformed('the first line of an export, and no other, has its "format"')
    this.#take(line)
    this.#line++
  }

  #take(line: Line): void {
    if (line.kind === 'requests') return this.#goOn(line.requests)
    if (line.kind === 'kept') return this.#keep(line.kept)
    this.#close()
    if (line.kind === 'header') this.#sink.header(line.header)
    else if (line.kind === 'floor') this.#beginFloor(line.floor)
    else if (line.kind === 'slot') this.#begin(line.slot)
    else this.#finish(line)
  }

  #beginFloor({ replica, floor }: ReplicaFloor): void {
    if (this.#slots > 0) throw malformed('floors come before the first slot')
    this.#floor = { replica, floor: { ...floor, kept: [] } }
    this.#keep(floor.kept)
  }

  #keep(kept: readonly number[]): void {
    if (this.#floor === undefined) throw malformed('only a floor goes on with more "kept"')
    const { floor } = this.#floor
    for (const seq of kept) {
      if (seq <= (floor.kept.at(-1) ?? 0) || seq > floor.upTo)
        throw malformed(`what a floor keeps is in order, up to ${floor.upTo}; ${seq} is not`)
      floor.kept.push(seq)
    }
  }

  #begin(slot: ExportedSlot): void {
    this.#open = { ...slot, requests: [] }
    this.#addRequests(this.#open, slot.requests)
  }

  #goOn(requests: readonly RequestRecord[]): void {
    if (this.#open === undefined || this.#open.requests.length === 0)
      throw malformed('only a slot with requests goes on with more of them')
    this.#addRequests(this.#open, requests)
  }

  #addRequests(open: OpenSlot, requests: readonly RequestRecord[]): void {
    for (const request of requests) {
      const before = open.requests.at(-1)?.seq ?? 0
      if (request.seq <= before || request.seq > open.seq)
        throw malformed(
          `the requests of a slot are in order of seq, up to the slot's own; ${request.seq} comes after ${before}, of ${open.seq}`,
        )
      open.requests.push(request)
    }
  }

  #close(): void {
    if (this.#floor !== undefined) this.#sink.floor(this.#floor)
    this.#floor = undefined
    if (this.#open === undefined) return
    this.#slots++
    this.#requests += this.#open.requests.length
    this.#keys.add(this.#open.key)
    this.#sink.slot(this.#open)
    this.#open = undefined
  }

  #finish({ lines, counts }: Extract<Line, { kind: 'end' }>): void {
    const found = { counters: this.#keys.size, slots: this.#slots, requests: this.#requests }
    const all = { lines: this.#line + 1, ...found }
    const told = { lines, ...counts }
    for (const what of ['lines', 'counters', 'slots', 'requests'] as const)
      if (all[what] !== told[what])
        throw malformed(
          `the file is not whole: it should have ${told[what]} ${what}, and has ${all[what]}`,
        )
    this.#counts = found
  }
}
