// The process's own stdout and stderr, as commands write to them.
import type { Io } from './io.ts'

/** As much of a stream as is needed here. */
interface Out {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** Carriage return, and erase to the end of the line (ECMA-48). */
const CLEAR = '\r\u001B[K'

/** Whole lines never run into a line of progress. */
export const terminalOf = (stdout: Out, stderr: Out): Pick<Io, 'out' | 'note' | 'progress'> => {
  let shown = false
  const clear = (): void => {
    if (shown) stderr.write(CLEAR)
    shown = false
  }
  const line = (stream: Out, text: string): void => {
    clear()
    stream.write(`${text}\n`)
  }
  return {
    out: (text) => line(stdout, text),
    note: (text) => line(stderr, text),
    progress:
      stderr.isTTY === true
        ? (text) => {
            clear()
            if (text !== '') stderr.write(text)
            shown = text !== ''
          }
        : undefined,
  }
}
