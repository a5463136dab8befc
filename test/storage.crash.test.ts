// What was acknowledged is there after a SIGKILL, and after a disk that was full for a while.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DiskStore } from '@tallymesh/storage/node'
import { expect, onTestFinished, test } from 'vitest'

const writer = fileURLToPath(new URL('storage/writer.ts', import.meta.url))
const node = [process.execPath, '--conditions=@tallymesh/source', writer]

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tallymesh-crash-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const start = (command: readonly string[]): ChildProcess => {
  const [file = '', ...args] = command
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Hands each line of the child to `see` until that says enough, kills it, and gives all lines. */
const killAfter = async (
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
const batchesIn = async (folder: string): Promise<number[]> => {
  const records = new Map<number, Set<number>>()
  const store = new DiskStore({ folder })
  await store.open()
  for await (const chunk of store.load())
    for (const { id } of chunk) {
      const [n = 0, i = 0] = id.split('/').map(Number)
      records.set(n, (records.get(n) ?? new Set()).add(i))
    }
  await store.close()
  const batches = [...records.keys()].toSorted((a, b) => a - b)
  for (const n of batches)
    expect(records.get(n)?.size, `batch ${n}`).toBe(n === batches.at(-1) ? 10 : 9)
  return batches
}

const numbersOf = (lines: readonly string[], what: string): number[] =>
  lines.filter((line) => line.startsWith(`${what} `)).map((line) => Number(line.split(' ')[1]))

test('holds everything acknowledged before each of 8 kills', async () => {
  const folder = await newFolder()
  const acknowledged: number[] = []
  for (let round = 0; round < 8; round++) {
    // A varying number of commits, so that the kill meets different moments of the engine's life.
    let left = 3 + 29 * round
    const lines = await killAfter(start([...node, folder, '2000']), () => --left === 0)
    expect(numbersOf(lines, 'refused')).toEqual([])
    acknowledged.push(...numbersOf(lines, 'ok'))
    const held = await batchesIn(folder)
    expect(held).toEqual(expect.arrayContaining(acknowledged))
    // At most the one that was under way at each kill was not acknowledged.
    expect(held.length - acknowledged.length).toBeLessThanOrEqual(round + 1)
  }
}, 60_000)

// A limit on the size of files stands for a full disk: LevelDB's log can not grow past it.
test('refuses commits on a full disk, and goes on by itself when there is room', async () => {
  const folder = await newFolder()
  const limited = ['bash', '-c', 'ulimit -S -f 256; exec "$@"', 'bash', ...node, folder, '3000']
  const child = start(limited)
  let refused = 0
  let after = 0
  const lines = await killAfter(child, (line) => {
    if (line.startsWith('refused') && ++refused === 5)
      execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
    if (line.startsWith('ok') && refused >= 5) after++
    return after === 100
  })
  expect(lines.find((line) => line.startsWith('refused'))).toMatch(/^refused \d+ ERR_STORE_WRITE$/)
  // No refused one is among them; the one that was under way at the kill may be.
  const held = await batchesIn(folder)
  const acknowledged = numbersOf(lines, 'ok')
  expect(held.slice(0, acknowledged.length)).toEqual(acknowledged)
  expect(held.length - acknowledged.length).toBeLessThanOrEqual(1)
}, 60_000)

test('refuses a folder that another process holds, naming both', async () => {
  const folder = await newFolder()
  const child = start([...node, folder, '10'])
  await once(child.stdout!, 'data')
  await expect(new DiskStore({ folder }).open()).rejects.toMatchObject({
    code: 'ERR_STORE_LOCKED',
    message: expect.stringContaining(`${folder} is held by process ${child.pid};`),
  })
})
