// An Io that remembers.
import { run } from './program.ts'
import type { Io, Screen } from './io.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly notes: string
}

export interface FakeIo extends Io {
  readonly outs: string[]
  readonly notes: string[]
  /** What stdout was given as it is. */
  readonly written: Buffer[]
  /** What stdin gives. */
  readonly input: Uint8Array[]
  /** Lines of progress, on a terminal. */
  readonly shown: string[]
  /** What the screen showed, on a terminal. */
  readonly screens: (readonly string[])[]
  /** As a signal would. */
  stop(): void
}

export const createIo = (env: NodeJS.ProcessEnv = {}, isTerminal = false): FakeIo => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const outs: string[] = []
  const notes: string[] = []
  const shown: string[] = []
  const screens: (readonly string[])[] = []
  const screen: Screen = {
    size: () => ({ columns: 100, rows: 30 }),
    show: (lines) => void screens.push(lines),
    end: () => undefined,
  }
  const written: Buffer[] = []
  const input: Uint8Array[] = []
  return {
    env,
    outs,
    notes,
    shown,
    screens,
    written,
    input,
    out: (text) => void outs.push(text),
    note: (text) => void notes.push(text),
    write: async (bytes) => void written.push(Buffer.from(bytes)),
    async *read() {
      yield* input
    },
    progress: isTerminal ? (text) => void shown.push(text) : undefined,
    screen: isTerminal ? screen : undefined,
    untilStopped: () => promise,
    stop: resolve,
  }
}

/** Runs a command that ends by itself. */
export const runCli = async (...args: string[]): Promise<Ran> => {
  const io = createIo()
  const code = await run(args, io)
  return { code, out: io.outs.join('\n'), notes: io.notes.join('\n') }
}
