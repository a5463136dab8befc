// The bytes of a stream: back-pressure, time limits, and errors that are errors.
import { TallymeshError } from '@tallymesh/core'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { NetworkLimits } from './network-limits.ts'

/** A chunk, as libp2p hands it out. */
export type Bytes = Uint8Array | Uint8ArrayList

/** What a wire needs of a stream. libp2p's streams are such. */
export interface ByteStream {
  maxReadBufferLength?: number
  readonly status: string
  readonly readStatus: string
  readonly writeStatus: string
  readonly readableEnded: boolean
  readonly writeBufferLength: number
  pause(): void
  resume(): void
  send(data: Bytes): boolean
  close(options: { signal: AbortSignal }): Promise<void>
  closeRead(): Promise<void>
  abort(error: Error): void
  addEventListener(type: 'message', listener: (event: { data: Bytes }) => void): void
  addEventListener(type: 'end' | 'drain' | 'idle', listener: () => void): void
  addEventListener(
    type: 'close',
    listener: (event: { error?: Error }) => void,
    options?: { once: boolean },
  ): void
}

/**
 * The bytes of a stream, with what libp2p leaves to its users: back-pressure both ways, a time limit
 * on every step, and errors that are errors. `messageStreamToDuplex` queues without bound, and drops
 * what a paused stream still holds when the peer ends its side.
 */
export class Wire {
  readonly #stream: ByteStream
  readonly #limits: NetworkLimits
  readonly #arrived: Bytes[] = []
  readonly #reading = new Gate()
  readonly #writing = new Gate()
  #failure: Error | undefined
  #resuming = false
  #readOver = false
  #writeOver = false
  #stopWaitingForSource: (reason: Error) => void = () => undefined

  constructor(stream: ByteStream, limits: NetworkLimits) {
    this.#stream = stream
    this.#limits = limits
    stream.maxReadBufferLength = limits.readBufferBytes
    this.#pause()
    stream.addEventListener('message', ({ data }) => this.#onMessage(data))
    stream.addEventListener('end', () => this.#reading.open())
    stream.addEventListener('drain', () => this.#writing.open())
    stream.addEventListener('idle', () => this.#writing.open())
    stream.addEventListener('close', ({ error }) => this.#onClose(error))
    if (stream.status !== 'open') this.#failure = protocolError('the peer left')
  }

  /** Chunks as they come, none asked for before the last one was taken. Ends with the peer's side. */
  async *read(): AsyncGenerator<Bytes> {
    try {
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next())
        yield chunk
    } finally {
      this.#stopReading()
    }
  }

  /** Sends as fast as the peer takes, then ends this side. */
  async write(frames: AsyncIterable<Bytes>): Promise<void> {
    const source = frames[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await this.#unlessClosed(source.next())
        if (done) break
        await this.#send(value)
      }
      await this.#end()
    } catch (error) {
      // Not awaited: the source may hang in a step that nobody waits for any more.
      source.return?.().catch(() => undefined)
      throw this.fail(error)
    }
  }

  /** Drops the stream. The first reason stays the reason. */
  fail(reason: unknown): Error {
    this.#failure ??= reason instanceof Error ? reason : protocolError('the stream broke', reason)
    this.#stream.abort(this.#failure)
    this.#wake(this.#failure)
    return this.#failure
  }

  async #next(): Promise<Bytes | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const chunk = this.#arrived.shift()
      if (chunk !== undefined || this.#stream.readableEnded) return chunk
      this.#resume()
      if (this.#arrived.length > 0 || this.#stream.readableEnded) continue
      await this.#step('read', this.#reading, this.#limits.idleMs)
    }
  }

  #onMessage(data: Bytes): void {
    this.#arrived.push(data)
    if (!this.#resuming) this.#pause()
    this.#reading.open()
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable' && !this.#readOver) this.#stream.pause()
  }

  /** `resume()` hands out what is held before it tells the muxer, so a pause must wait till after. */
  #resume(): void {
    this.#resuming = true
    try {
      if (this.#stream.readStatus === 'paused') this.#stream.resume()
    } catch {
      // The connection closed under it: what the stream held has been handed out.
    }
    this.#resuming = false
    if (this.#arrived.length > 0) this.#pause()
  }

  /** Takes nothing more, but lets the peer send on: it may be waiting for our side. */
  #stopReading(): void {
    this.#readOver = true
    this.#resume()
    this.#arrived.length = 0
    this.#stream.closeRead().catch(() => undefined)
    this.#linger()
  }

  async #send(frame: Bytes): Promise<void> {
    this.#checkWritable()
    try {
      this.#stream.send(frame)
    } catch (error) {
      throw protocolError('could not write to the stream', error)
    }
    await this.#flush(this.#limits.writeBufferBytes)
  }

  /**
   * Waits until no more than `rest` bytes wait for the peer. Not by `onDrain()`, which waits only
   * the first time; and one drain is not enough, as each window update of a few bytes is one.
   */
  async #flush(rest: number): Promise<void> {
    let least = Infinity
    let deadline = 0
    while (this.#stream.writeBufferLength > rest) {
      this.#checkWritable()
      const now = performance.now()
      if (this.#stream.writeBufferLength < least) deadline = now + this.#limits.idleMs
      least = Math.min(least, this.#stream.writeBufferLength)
      await this.#step('write', this.#writing, deadline - now)
    }
    this.#checkWritable()
  }

  async #end(): Promise<void> {
    await this.#flush(0)
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(this.#limits.idleMs) })
    } catch (error) {
      throw protocolError('could not end the stream', error)
    }
    this.#writeOver = true
    this.#linger()
  }

  #checkWritable(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#stream.writeStatus !== 'writable') throw protocolError('the peer left')
  }

  /** Both sides are done here: a peer that never ends its own does not keep the stream. */
  #linger(): void {
    if (!this.#readOver || !this.#writeOver || this.#stream.status !== 'open') return
    const { idleMs } = this.#limits
    const timer = setTimeout(() => this.fail(timeoutError('end the stream', idleMs)), idleMs)
    this.#stream.addEventListener('close', () => clearTimeout(timer), { once: true })
  }

  async #step(what: string, gate: Gate, ms: number): Promise<void> {
    if (!(await gate.wait(ms))) throw this.fail(timeoutError(what, this.#limits.idleMs))
  }

  /** One slot, not a race: a race would hold a record of every step till the stream closes. */
  async #unlessClosed<T>(step: Promise<T>): Promise<T> {
    this.#checkWritable()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#stopWaitingForSource = reject
    step.then(resolve, reject)
    return await promise
  }

  /** Without an error both sides ended, or the connection did: the reader still takes what is held. */
  #onClose(error: Error | undefined): void {
    if (error !== undefined) this.#failure ??= closeError(error)
    this.#wake(this.#failure ?? protocolError('the peer left'))
  }

  #wake(reason: Error): void {
    this.#stopWaitingForSource(reason)
    this.#reading.open()
    this.#writing.open()
  }
}

/** Where one waiter waits for the next event of a stream. */
class Gate {
  #open: () => void = () => undefined

  open(): void {
    this.#open()
  }

  /** False when the time is over. */
  async wait(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), ms)
    this.#open = () => resolve(true)
    const opened = await promise
    clearTimeout(timer)
    return opened
  }
}

export const assert = (fact: boolean, message: string): void => {
  if (!fact) throw new Error(`assertion failed: ${message}`)
}

export const timeoutError = (step: string, ms: number): TallymeshError =>
  new TallymeshError('ERR_TIMEOUT', `could not ${step}: no progress for ${ms} ms`)

/** libp2p throws Events too: whatever it was becomes the cause of an error. */
export const protocolError = (message: string, cause?: unknown): TallymeshError =>
  new TallymeshError('ERR_PROTOCOL', message, { cause })

const closeError = (error: Error): Error =>
  error instanceof TallymeshError ? error : protocolError('the stream broke', error)

/** In Node it is a Buffer, whose `slice` does not copy. */
export const plain = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
