// An export on its way from a peer to wherever its caller puts it.
import type { Failure, Success } from './judge.ts'
import { isFields, isWhole } from './replies.ts'
import { type Arriving, LINES_TYPE, type Transfer, unless } from './transfer.ts'

/** Takes the next bytes; the next ones come once it has resolved. */
export type Sink = (bytes: Uint8Array) => unknown

/** What an export held. */
export interface ExportResult {
  readonly counters: number
  readonly slots: number
  readonly bytes: number
}

/** The last line is far shorter. */
const TAIL_BYTES = 1024

export class Download implements Transfer<ExportResult> {
  readonly #sink: Sink
  #bytes = 0
  #tail: Uint8Array = new Uint8Array()
  /** What the sink threw. */
  thrown: { readonly error: unknown } | undefined

  constructor(sink: Sink) {
    this.#sink = sink
  }

  readonly isSpent = (): boolean => this.#bytes > 0

  readonly receive = async (arriving: Arriving): Promise<Success<ExportResult> | Failure> => {
    const { response, url } = arriving
    if (!response.headers.get('content-type')?.startsWith(LINES_TYPE))
      return failure(url, 'ERR_NOT_A_PEER', `the answer (${response.status}) is not an export`)
    try {
      await this.#readAll(arriving)
    } catch (error) {
      // Of what came nothing is left: as if it had not been answered.
      if (!this.isSpent() || arriving.signal.aborted) throw error
      return { ...failure(url, 'ERR_INCOMPLETE', 'the connection was lost'), cause: error }
    }
    const counts = readTail(this.#tail)
    if (counts) return { value: { ...counts, bytes: this.#bytes } }
    return failure(url, 'ERR_INCOMPLETE', 'it ends without the line that counts the others')
  }

  async #readAll({ response, pulse, signal }: Arriving): Promise<void> {
    const reader = response.body?.getReader()
    for (;;) {
      pulse.beat()
      const part = await unless(signal, reader?.read() ?? ENDED)
      if (part.done) return
      pulse.hold()
      this.#bytes += part.value.byteLength
      this.#tail = joined(this.#tail, part.value).slice(-TAIL_BYTES)
      await this.#give(part.value)
    }
  }

  async #give(bytes: Uint8Array): Promise<void> {
    try {
      await this.#sink(bytes)
    } catch (error) {
      this.thrown = { error }
      throw error
    }
  }
}

const ENDED: Promise<ReadableStreamReadResult<Uint8Array>> = Promise.resolve({
  done: true,
  value: undefined,
})

const failure = (url: string, code: string, detail: string): Failure => ({
  url,
  code,
  detail,
  retry: false,
  outcome: 'unknown',
})

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (b.length >= TAIL_BYTES) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

const readTail = (tail: Uint8Array): { counters: number; slots: number } | undefined => {
  const line = new TextDecoder().decode(tail).trimEnd().split('\n').at(-1) ?? ''
  try {
    const { end } = JSON.parse(line) as { end?: unknown }
    if (!isFields(end)) return undefined
    const { counters, slots } = end
    return isWhole(counters) && isWhole(slots) ? { counters, slots } : undefined
  } catch {
    return undefined
  }
}
