// An Io that remembers.
import { run } from './program.ts'
import type { Io } from './io.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly notes: string
}

export interface FakeIo extends Io {
  readonly outs: string[]
  readonly notes: string[]
  /** As a signal would. */
  stop(): void
}

export const createIo = (env: NodeJS.ProcessEnv = {}): FakeIo => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const outs: string[] = []
  const notes: string[] = []
  return {
    env,
    outs,
    notes,
    out: (text) => void outs.push(text),
    note: (text) => void notes.push(text),
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
