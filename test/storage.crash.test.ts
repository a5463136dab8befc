// What was acknowledged is there after a SIGKILL, and after a disk that was full for a while.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskStore } from '@tallymesh/storage/node'
import { expect, onTestFinished, test } from 'vitest'
import { batchesIn, killAfter, numbersOf, start, WRITER } from './storage/killed-writer.ts'

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tallymesh-crash-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('holds everything acknowledged before each of 8 kills', async () => {
  const folder = await newFolder()
  const acknowledged: number[] = []
  for (let round = 0; round < 8; round++) {
    // A varying number of commits, so that the kill meets different moments of the engine's life.
    let left = 3 + 29 * round
    const lines = await killAfter(start([...WRITER, folder, '2000']), () => --left === 0)
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
  const limited = ['bash', '-c', 'ulimit -S -f 256; exec "$@"', 'bash', ...WRITER, folder, '3000']
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
  const child = start([...WRITER, folder, '10'])
  await once(child.stdout!, 'data')
  await expect(new DiskStore({ folder }).open()).rejects.toMatchObject({
    code: 'ERR_STORE_LOCKED',
    message: expect.stringContaining(`${folder} is held by process ${child.pid};`),
  })
})
