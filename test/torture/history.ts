// The history of a run, as JSON lines that checkers of histories read (Jepsen's form).
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { type EventType, type HistoryEvent, toLines } from '../linear/history.ts'

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
  /** For who checks it afterwards; none where it is only written. */
  readonly events: HistoryEvent[] | undefined

  /** Written nowhere if there is no path. */
  constructor(path: string | undefined, isKept = false) {
    this.#file = path === undefined ? undefined : createWriteStream(path)
    this.events = isKept ? [] : undefined
  }

  invoke(f: 'inc' | 'read', key: string, value: bigint | null): Operation {
    const process = this.#free.pop() ?? this.#processes++
    const write = (type: EventType, result: bigint | null): void => {
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
  #write(said: Omit<HistoryEvent, 'time'>): void {
    const event = { ...said, time: Number(process.hrtime.bigint() - this.#startedAt) }
    this.events?.push(event)
    this.#file?.write(toLines([event]))
  }
}
