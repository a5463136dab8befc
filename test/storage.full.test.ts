// A disk that is really full, or read-only: what is refused leaves nothing, and all goes on by itself
// when there is room again.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskStore } from '@tallymesh/storage/node'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { batchesIn, killAfter, numbersOf, start, WRITER } from './storage/killed-writer.ts'
import { SmallDisk } from './storage/small-disk.ts'

const smallDisk = (context: TestContext, megabytes: number): SmallDisk => {
  const disk = SmallDisk.mount(megabytes)
  if (typeof disk === 'string') {
    console.log(`skipped: ${disk}`)
    return context.skip(disk)
  }
  onTestFinished(() => disk[Symbol.dispose]())
  return disk
}

const closing = (store: DiskStore): DiskStore & AsyncDisposable =>
  Object.assign(store, { [Symbol.asyncDispose]: () => store.close() })

/** Whole numbers below a bound (xorshift32, Marsaglia 2003). */
const seededRandom = (seed: number): ((below: number) => number) => {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** So many equal bytes. */
interface Record {
  readonly length: number
  readonly byte: number
}

type Content = Map<string, Record>

const contentOf = async (store: DiskStore): Promise<Content> => {
  const content: Content = new Map()
  for await (const chunk of store.load())
    for (const { id, bytes } of chunk) {
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true)
      content.set(id, { length: bytes.length, byte: bytes[0]! })
    }
  return content
}

/** What a random commit puts, and (undefined) deletes. */
const randomChange = (random: (below: number) => number): Map<string, Record | undefined> =>
  new Map(
    Array.from({ length: 1 + random(random(10) === 0 ? 200 : 20) }, () => [
      `s/0/${random(2000)}`,
      random(5) === 0 ? undefined : { length: 20 + random(300), byte: random(256) },
    ]),
  )

test('holds exactly what was taken, over a disk that fills and empties 3,000 commits long', async (context) => {
  const disk = smallDisk(context, 3)
  const random = seededRandom(4)
  const folder = join(disk.path, 'store')
  const expected: Content = new Map()
  await using store = closing(new DiskStore({ folder }))
  await store.open()
  const refusals: unknown[] = []
  let recovered = 0
  let isRefusing = false
  for (let n = 0; n < 3000; n++) {
    if (random(40) === 0) disk.free()
    if (random(60) === 0) disk.fill()
    const change = randomChange(random)
    const put = [...change].flatMap(([id, record]) =>
      record ? [{ id, bytes: new Uint8Array(record.length).fill(record.byte) }] : [],
    )
    const del = [...change].flatMap(([id, record]) => (record ? [] : [id]))
    const error: unknown = await store.commit({ put, delete: del }).catch((cause: unknown) => cause)
    if (error === undefined) {
      for (const [id, record] of change)
        if (record) expected.set(id, record)
        else expected.delete(id)
      if (isRefusing) recovered++
    } else {
      refusals.push(error)
    }
    isRefusing = error !== undefined
    if (random(300) > 0) continue
    disk.free()
    await store.close()
    await store.open()
    expect(await contentOf(store)).toEqual(expected)
    expect(store.loss).toBeUndefined()
  }
  disk.free()
  expect(await contentOf(store)).toEqual(expected)
  expect(refusals.length).toBeGreaterThan(100)
  for (const error of refusals)
    expect(error).toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringMatching(/no space left.*has room/i),
    })
  expect(recovered).toBeGreaterThan(10)
}, 60_000)

test('holds what was taken, and nothing of what was refused, after kills on a full disk', async (context) => {
  const disk = smallDisk(context, 24)
  const folder = join(disk.path, 'store')
  const acknowledged: number[] = []
  let refusals = 0
  for (let round = 0; round < 6; round++) {
    let lineCount = 0
    let refusedNow = 0
    let after = 0
    const child = start([...WRITER, folder, '500', 'paced'])
    const goOn = (): void => void (child.killed || child.stdin!.write('\n'))
    goOn()
    const lines = await killAfter(child, (line) => {
      // So that different files of the engine are the first that find no room.
      if (lineCount++ === 0) disk.fill(100_000 + 150_000 * round)
      if (line.startsWith('refused')) refusedNow++
      else if (refusedNow > 0) after++
      if (refusedNow === 3) disk.free()
      goOn()
      // Every other one is killed before it notices; each in the middle of a commit.
      return refusedNow >= 3 && (round % 2 === 0 || after === 20)
    })
    disk.free()
    acknowledged.push(...numbersOf(lines, 'ok'))
    // A writer takes up the numbers of those that the one before it was refused last.
    const refused = numbersOf(lines, 'refused')
    refusals += refused.length
    const held = await batchesIn(folder)
    expect(held).toEqual(expect.arrayContaining(acknowledged))
    expect(held.filter((n) => refused.includes(n))).toEqual([])
    // At most the one that was under way at each kill was not acknowledged.
    expect(held.length - acknowledged.length).toBeLessThanOrEqual(round + 1)
  }
  expect(refusals).toBeGreaterThan(12)
}, 60_000)

test('says what to do about a disk that is read-only, and touches nothing', async (context) => {
  const disk = smallDisk(context, 3)
  const folder = join(disk.path, 'store')
  await using store = closing(new DiskStore({ folder }))
  await store.open()
  await store.commit({ put: [{ id: 'a', bytes: Uint8Array.of(1) }], delete: [] })
  await store.close()
  const files = await readdir(folder)
  disk.setReadOnly(true)
  await expect(store.open()).rejects.toMatchObject({
    code: 'ERR_STORE_WRITE',
    message: expect.stringMatching(/Read-only file system.*may write there/),
  })
  expect(await readdir(folder)).toEqual(files)
  disk.setReadOnly(false)
  await store.open()
  expect(await contentOf(store)).toEqual(new Map([['a', { length: 1, byte: 1 }]]))
})
