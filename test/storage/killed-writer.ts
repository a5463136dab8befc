// Writers that are killed, what they said, and what is found of it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DiskStore } from '@tallymesh/storage/node'
import { expect, onTestFinished } from 'vitest'

const script = fileURLToPath(new URL('writer.ts', import.meta.url))

/** The command of a writer; its arguments are a folder, and the bytes of a record. */
export const WRITER: readonly string[] = [
  process.execPath,
  '--conditions=@tallymesh/source',
  script,
]

/** Starts a command that does not outlive the test. */
export const start = (command: readonly string[]): ChildProcess => {
  const [file = '', ...args] = command
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Hands each line of the child to `see` until that says enough, kills it, and gives all lines. */
export const killAfter = async (
  child: ChildProcess,
  see: (line: string) => boolean,
): Promise<string[]> => {
  const exited = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    if (see(line)) child.kill('SIGKILL')
  }
  await exited
  return lines
}

/** The batches that a store holds, checked to be whole. */
export const batchesIn = async (folder: string): Promise<number[]> => {
  const records = new Map<number, Set<number>>()
  const store = new DiskStore({ folder })
  await store.open()
  for await (const chunk of store.load())
    for (const { id } of chunk) {
      const [n = 0, i = 0] = id.split('/').map(Number)
      records.set(n, (records.get(n) ?? new Set()).add(i))
    }
  // A crash and a full disk are no damage.
  expect(store.loss).toBeUndefined()
  await store.close()
  const batches = [...records.keys()].toSorted((a, b) => a - b)
  for (const n of batches)
    expect(records.get(n)?.size, `batch ${n}`).toBe(n === batches.at(-1) ? 10 : 9)
  return batches
}

/** The batches of which the lines say `what`. */
export const numbersOf = (lines: readonly string[], what: string): number[] =>
  lines.filter((line) => line.startsWith(`${what} `)).map((line) => Number(line.split(' ')[1]))
