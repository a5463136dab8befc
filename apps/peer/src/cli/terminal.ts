// The process's own stdout and stderr, as commands write to them.
import type { Io, Screen } from './io.ts'

/** As much of a stream as is needed here. */
interface Out {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** Carriage return, and erase to the end of the line (ECMA-48). */
const CLEAR = '\r\u001B[K'

/** Erase to the end of the line; to the end of the screen; hide and show the cursor (ECMA-48, DEC). */
const [LINE, BELOW, HIDE, SHOW] = ['\u001B[K', '\u001B[J', '\u001B[?25l', '\u001B[?25h']

/** Draws over what it drew before, so that nothing flickers and what was there stays above. */
export const screenOf = (stdout: Out): Screen | undefined => {
  if (stdout.isTTY !== true) return undefined
  let drawn = 0
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    show(lines) {
      const up = drawn > 1 ? `\u001B[${drawn - 1}A` : ''
      const text = lines.map((line) => line + LINE).join('\n')
      stdout.write(`${HIDE}${up}\r${text}${BELOW}`)
      drawn = lines.length
    },
    end() {
      if (drawn > 0) stdout.write('\n')
      stdout.write(SHOW)
      drawn = 0
    },
  }
}

/** Whole lines never run into a line of progress. */
export const terminalOf = (
  stdout: Out,
  stderr: Out,
): Pick<Io, 'out' | 'note' | 'progress' | 'screen'> => {
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
    screen: screenOf(stdout),
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
