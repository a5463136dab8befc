// The history of a run, as JSON lines that checkers of histories read (Jepsen's form).
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'

/** `info`: nobody knows whether it happened, and it may happen at any later time. */
type Type = 'invoke' | 'ok' | 'fail' | 'info'

/** One call, from when it began. */
export interface Operation {
  ok(value: bigint): void
  /** It has not happened, and will not. */
  fail(): void
  info(): void
}

export class History implements AsyncDisposable {
  readonly #file: WriteStream | undefined
  readonly #startedAt = process.hrtime.bigint()
  /** Processes that wait for nothing. One whose call has no outcome is never used again. */
  readonly #free: number[] = []
  #processes = 0

  /** Written nowhere if there is no path. */
  constructor(path: string | undefined) {
    this.#file = path === undefined ? undefined : createWriteStream(path)
  }

  invoke(f: 'inc' | 'read', key: string, value: bigint | null): Operation {
    const process = this.#free.pop() ?? this.#processes++
    const write = (type: Type, result: bigint | null): void => {
      if (type === 'ok' || type === 'fail') this.#free.push(process)
      this.#write({ process, type, f, key, value: result === null ? null : `${result}` })
    }
    write('invoke', value)
    return {
      ok: (result) => write('ok', result),
      fail: () => write('fail', value),
      info: () => write('info', value),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file === undefined) return
    this.#file.end()
    await finished(this.#file)
  }

  /** `time` is in nanoseconds since the beginning. */
  #write(event: object): void {
    const time = Number(process.hrtime.bigint() - this.#startedAt)
    this.#file?.write(`${JSON.stringify({ ...event, time })}\n`)
  }
}
