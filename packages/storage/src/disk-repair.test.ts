import type * as fs from 'node:fs/promises'
import { cp, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { seal } from './checksum.ts'
import { inspect } from './leveldb/folder.ts'
import { DiskStore } from './node.ts'
import type { StoredRecord } from './store.ts'

vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof fs>()
  return { ...real, rename: vi.fn(real.rename) }
})

const RECORDS = 5000

let root: string
/** A store with a large table, a small one and a log, and what is in it. */
let original: string
const held = new Map<string, Uint8Array>()
let count = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallymesh-repair-'))
  original = join(root, 'original')
  await fill(new DiskStore({ folder: original }))
})
afterAll(() => rm(root, { recursive: true, force: true }))
afterEach(() => vi.restoreAllMocks())

describe('a flipped bit', () => {
  test.each([
    ['of a table', /\.ldb$/, 16],
    ['of the log', /\.log$/, 1],
    ['of the MANIFEST', /^MANIFEST/, 0],
  ])('%s: what is whole comes back, and the loss is told', async (_, name, most) => {
    const random = seededRandom(1)
    for (let round = 0; round < 12; round++) {
      const folder = await copyOf(original)
      await change(folder, name, (bytes) => {
        bytes[random(bytes.length)]! ^= 1 << random(8)
      })
      const { records, loss } = await contentOf(folder)
      const wrong = [...held].filter(([id, bytes]) => !equal(records.get(id), bytes)).length
      expect(wrong).toBeLessThanOrEqual(most)
      // Where a filter is damaged, or what later writes have covered, nothing is lost.
      expect(wrong === 0 || loss?.includes('damaged')).toBe(true)
      await rm(folder, { recursive: true })
    }
  })

  test('of CURRENT: nothing is lost', async () => {
    const folder = await copyOf(original)
    await change(folder, /^CURRENT$/, (bytes) => void (bytes[12]! ^= 1))
    const { records, loss } = await contentOf(folder)
    expect(records).toEqual(held)
    expect(loss).toBeUndefined()
  })

  test('of a table of a store that was written with compression', async () => {
    const folder = join(root, 'compressed')
    const level = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' })
    const put = [...held].map(([key, value]) => ({ type: 'put', key, value }) as const)
    await level.batch(put)
    await level.close()
    await closed(new DiskStore({ folder }), (store) => store.open())
    const before = await contentOf(await copyOf(folder))
    expect(before).toEqual({ records: held, loss: undefined })
    await change(folder, /\.ldb$/, (bytes) => void (bytes[bytes.length >> 1]! ^= 1))
    const { records, loss } = await contentOf(folder)
    expect(loss).toMatch(/in 1 of \d+ blocks/)
    // One block of the table is lost whole.
    expect(RECORDS - records.size).toBeLessThan(400)
    for (const [id, bytes] of records) expect(bytes).toEqual(held.get(id))
  })
})

describe('a damaged store', () => {
  const damaged = async (): Promise<string> => {
    const folder = await copyOf(original)
    await change(folder, /\.log$/, (bytes) => void (bytes[bytes.length >> 1]! ^= 1))
    return folder
  }

  test('is kept as it was found', async () => {
    const folder = await damaged()
    const files = (await readdir(folder)).filter((file) => /\d|CURRENT/.test(file))
    const before = await Promise.all(files.map((file) => readFile(join(folder, file))))
    await contentOf(folder)
    const after = files.map((file) => readFile(join(folder, 'lost', '1', file)))
    expect(await Promise.all(after)).toEqual(before)
  })

  test('tells of its loss at each load, until a commit has followed one', async () => {
    const folder = await damaged()
    const { loss } = await contentOf(folder)
    expect(loss).toContain(`; what was found is kept in ${folder}/lost`)
    expect((await contentOf(folder)).loss).toBe(loss)
    await closed(new DiskStore({ folder }), async (store) => {
      await store.open()
      await store.commit({ put: [record(1)], delete: [] })
    })
    expect((await contentOf(folder)).loss).toBeUndefined()
  })

  test('is whole again though each step of the repair was cut off once', async () => {
    const folder = await damaged()
    const expected = await contentOf(await copyOf(folder))
    let steps = 0
    for (let isDone = false; !isDone; steps++) {
      const at = await copyOf(folder)
      let left = steps
      const real = vi.mocked(rename).getMockImplementation()!
      vi.mocked(rename).mockImplementation(async (...paths) => {
        if (left-- === 0) throw new Error('cut off')
        return real(...paths)
      })
      isDone = await closed(new DiskStore({ folder: at }), (store) => store.open()).then(
        () => true,
        () => false,
      )
      vi.mocked(rename).mockImplementation(real)
      const { records, loss } = await contentOf(at)
      expect(records).toEqual(expected.records)
      expect(loss?.split(';')[0]).toEqual(expected.loss?.split(';')[0])
      expect(await inspect(at)).toMatchObject({ mended: [], lost: [] })
    }
    expect(steps).toBeGreaterThan(8)
  })

  test('is not touched while somebody holds it', async () => {
    const folder = await copyOf(original)
    await closed(new DiskStore({ folder }), async (store) => {
      await store.open()
      await change(folder, /\.ldb$/, (bytes) => void (bytes[100]! ^= 1))
      const files = await readdir(folder)
      await expect(new DiskStore({ folder }).open()).rejects.toMatchObject({
        code: 'ERR_STORE_LOCKED',
        message: expect.stringContaining(`${folder} is held by this process`),
      })
      expect(await readdir(folder)).toEqual(files)
    })
  })

  test('of which nothing can be read says what to do, and is left as it is', async () => {
    const folder = await copyOf(original)
    for (const file of await readdir(folder))
      if (/\d/.test(file)) await change(folder, new RegExp(`^${file}$`), (bytes) => bytes.fill(7))
    const files = await readdir(folder)
    await expect(new DiskStore({ folder }).open()).rejects.toMatchObject({
      code: 'ERR_STORE_CORRUPT',
      message: expect.stringMatching(/is damaged.*no record in it can be read.*backup/),
    })
    expect(await readdir(folder)).toEqual(expect.arrayContaining(files))
  })

  test('that can not be written anew says why, and is left as it is', async () => {
    const folder = await damaged()
    const before = await inspect(folder)
    vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValue(new Error('ENOSPC'))
    await expect(new DiskStore({ folder }).open()).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringMatching(/is damaged in 1 place.*ENOSPC.*room/),
    })
    expect(await inspect(folder)).toEqual(before)
  })
})

describe('a log that ends too early', () => {
  test('is told by the count of commits', async () => {
    const folder = await copyOf(original)
    const [log = ''] = (await readdir(folder)).filter((file) => file.endsWith('.log'))
    const { length } = await readFile(join(folder, log))
    await truncate(join(folder, log), length - 1)
    const { records, loss } = await contentOf(folder)
    expect(loss).toMatch(/^the last of \d+ commits is missing$/)
    expect(records.size).toBe(held.size - 1)
    // It stays told until it has been dealt with.
    expect((await contentOf(folder)).loss).toBe(loss)
  })

  test('is no loss where nothing of that was acknowledged', async () => {
    const folder = await copyOf(original)
    const [log = ''] = (await readdir(folder)).filter((file) => file.endsWith('.log'))
    const bytes = await readFile(join(folder, log))
    // As a crash leaves a write: its beginning, and what was on the disk before.
    const torn = Buffer.concat([bytes, bytes.subarray(0, 40), Buffer.alloc(5000)])
    await writeFile(join(folder, log), torn)
    expect(await contentOf(folder)).toEqual({ records: held, loss: undefined })
  })

  test('is told where the whole store is gone', async () => {
    const folder = await copyOf(original)
    for (const file of await readdir(folder))
      if (/\d|CURRENT/.test(file)) await rm(join(folder, file))
    const { records, loss } = await contentOf(folder)
    expect(records.size).toBe(0)
    expect(loss).toMatch(/^the last \d+ of \d+ commits are missing$/)
  })

  test('is not told by a note that is damaged, or gone', async () => {
    for (const bytes of [Buffer.alloc(12, 0xff), Buffer.alloc(0)]) {
      const folder = await copyOf(original)
      await writeFile(join(folder, 'commits'), bytes)
      expect(await contentOf(folder)).toEqual({ records: held, loss: undefined })
    }
  })
})

describe('damage that shows in the middle of a load', () => {
  test('is repaired, and the load goes on behind what it has handed out', async () => {
    const folder = await copyOf(original)
    refuseSecondRead()
    await closed(new DiskStore({ folder }), async (store) => {
      await store.open()
      await change(folder, /\.ldb$/, (bytes) => void (bytes[bytes.length >> 1]! ^= 1))
      const ids: string[] = []
      for await (const chunk of store.load()) ids.push(...chunk.map(({ id }) => id))
      expect(ids).toEqual([...new Set(ids)].toSorted())
      expect(held.size - ids.length).toBeLessThanOrEqual(16)
      expect(store.loss).toContain('damaged')
      await store.commit({ put: [record(1)], delete: [] })
    })
  })

  test('is an error that says what to do, where it stays', async () => {
    const folder = await copyOf(original)
    refuseSecondRead()
    refuseSecondRead()
    await closed(new DiskStore({ folder }), async (store) => {
      await store.open()
      const load = async (): Promise<void> => {
        for await (const _ of store.load());
      }
      await expect(load()).rejects.toMatchObject({
        code: 'ERR_STORE_CORRUPT',
        message: expect.stringMatching(/EIO.*backup/),
      })
    })
  })
})

const record = (n: number, text = `${n}`): StoredRecord => {
  const id = `s/0/${n.toString(36).padStart(4, '0')}`
  return { id, bytes: seal(id, Buffer.from(`what is in record ${text}`)) }
}

const fill = async (store: DiskStore): Promise<void> => {
  const commit = (...put: StoredRecord[]): Promise<void> => {
    for (const { id, bytes } of put) held.set(id, bytes)
    return store.commit({ put, delete: [] })
  }
  await store.open()
  await commit(...Array.from({ length: RECORDS }, (_, n) => record(n, 'old')))
  await store.close()
  await store.open()
  await commit(...Array.from({ length: RECORDS / 10 }, (_, n) => record(n * 10, 'newer')))
  await store.close()
  await store.open()
  for (let n = 0; n < 30; n++) await commit(record(RECORDS + n))
  await store.close()
}

const copyOf = async (folder: string): Promise<string> => {
  const copy = join(root, `copy-${count++}`)
  await cp(folder, copy, { recursive: true })
  return copy
}

/** Changes bytes of the largest of the files. */
const change = async (
  folder: string,
  name: RegExp,
  edit: (bytes: Buffer) => void,
): Promise<void> => {
  const paths = (await readdir(folder)).filter((file) => name.test(file))
  const files = await Promise.all(
    paths.map(async (file) => ({ file, bytes: await readFile(join(folder, file)) })),
  )
  const { file, bytes } = files.toSorted((a, b) => b.bytes.length - a.bytes.length)[0]!
  edit(bytes)
  await writeFile(join(folder, file), bytes)
}

const contentOf = (
  folder: string,
): Promise<{ records: Map<string, Uint8Array>; loss: string | undefined }> =>
  closed(new DiskStore({ folder }), async (store) => {
    const records = new Map<string, Uint8Array>()
    await store.open()
    for await (const chunk of store.load())
      for (const { id, bytes } of chunk) records.set(id, new Uint8Array(bytes))
    return { records, loss: store.loss }
  })

const closed = async <T>(store: DiskStore, use: (store: DiskStore) => Promise<T>): Promise<T> => {
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

const equal = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.compare(a, b) === 0

/** As when the disk refuses a part of a file: the next iterator fails after its first chunk. */
const refuseSecondRead = (): void => {
  const iterator: (...args: unknown[]) => { nextv: (size: number) => Promise<unknown> } =
    Reflect.get(ClassicLevel.prototype, 'iterator')
  vi.spyOn(ClassicLevel.prototype, 'iterator').mockImplementationOnce(function (
    this: ClassicLevel,
    ...args: unknown[]
  ) {
    const made = Reflect.apply(iterator, this, args)
    const nextv = made.nextv.bind(made)
    let reads = 0
    return Object.assign(made, {
      nextv: (size: number) => (reads++ === 1 ? Promise.reject(new Error('EIO')) : nextv(size)),
    }) as never
  })
}

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
