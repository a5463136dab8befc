import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChainedBatch, ClassicLevel } from 'classic-level'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { storeConformance } from './conformance.ts'
import { DiskStore } from './node.ts'
import type { StoredRecord } from './store.ts'

let root: string
let count = 0
const newFolder = (): string => join(root, `store-${count++}`, 'deep')

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallymesh-storage-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('DiskStore conforms', () => {
  const folders = new WeakMap<object, string>()
  const open = (folder: string): DiskStore => {
    const store = new DiskStore({ folder })
    folders.set(store, folder)
    return store
  }
  const suite = storeConformance({
    create: () => open(newFolder()),
    reopen: (store) => open(folders.get(store)!),
  })
  test.each(suite)('$name', ({ run }) => run())
})

describe('DiskStore', () => {
  afterEach(() => vi.restoreAllMocks())

  test('makes its folder for this user only', async () => {
    const folder = newFolder()
    await using store = closing(new DiskStore({ folder }))
    await store.open()
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  test('names the folder and the holder when it is held', async () => {
    const folder = newFolder()
    await using store = closing(new DiskStore({ folder }))
    await store.open()
    expect(await readFile(join(folder, 'holder'), 'utf8')).toBe(`${process.pid}\n`)
    await expect(new DiskStore({ folder }).open()).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
      message: expect.stringMatching(`${folder} is held by this process \\(${process.pid}\\)`),
    })
  })

  test('is not fooled by a second path to the same folder', async () => {
    const folder = newFolder()
    await using store = closing(new DiskStore({ folder }))
    await store.open()
    const alias = join(root, 'alias')
    await symlink(folder, alias)
    await expect(new DiskStore({ folder: alias }).open()).rejects.toMatchObject({
      code: 'ERR_STORE_LOCKED',
    })
  })

  test('takes up a folder whose holder was killed', async () => {
    const folder = newFolder()
    const store = new DiskStore({ folder })
    await store.open()
    await store.close()
    await writeFile(join(folder, 'holder'), '1\n')
    await store.open()
    await store.close()
  })

  test('takes back a failed commit that turns up in the log after all', async () => {
    const folder = newFolder()
    await using store = closing(new DiskStore({ folder }))
    await store.open()
    await store.commit({ put: [record('a', 1), record('b', 1)], delete: [] })
    failOnceAndWriteLater()
    await expect(
      store.commit({ put: [record('a', 2), record('c', 2)], delete: ['b'] }),
    ).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      cause: expect.objectContaining({ message: 'EIO' }),
    })
    await store.commit({ put: [record('d', 3)], delete: [] })
    const held: StoredRecord[] = []
    for await (const chunk of store.load())
      held.push(...chunk.map(({ id, bytes }) => ({ id, bytes: new Uint8Array(bytes) })))
    expect(held).toEqual([record('a', 1), record('b', 1), record('d', 3)])
  })

  test('refuses commits when another took the folder while it was being opened anew', async () => {
    const folder = newFolder()
    await using store = closing(new DiskStore({ folder }))
    await store.open()
    vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementationOnce(() => {
      throw new Error('EIO')
    })
    await expect(store.commit({ put: [record('a', 1)], delete: [] })).rejects.toThrow('EIO')
    otherHolderAtNextClose(folder)
    await expect(store.commit({ put: [record('a', 2)], delete: [] })).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringContaining('was taken by'),
    })
  })

  test('says what to do about a folder that can not be made', async () => {
    const file = join(root, 'a-file')
    await writeFile(file, '')
    await expect(new DiskStore({ folder: join(file, 'store') }).open()).rejects.toMatchObject({
      code: 'ERR_STORE_WRITE',
      message: expect.stringContaining('may write there'),
      cause: expect.objectContaining({ code: 'ENOTDIR' }),
    })
  })
})

const record = (id: string, byte: number): StoredRecord => ({ id, bytes: Uint8Array.of(byte) })

const methodOf = <T>(name: string): ((...args: unknown[]) => T) =>
  Reflect.get(ClassicLevel.prototype, name)
const beginBatch = methodOf<ChainedBatch<ClassicLevel, string, string>>('batch')
const close = methodOf<Promise<void>>('close')

/** As when the flush of a write fails, and the write is found in the log when it is read again. */
const failOnceAndWriteLater = (): void => {
  let write: () => Promise<void>
  vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementationOnce(function (this: ClassicLevel) {
    const batch = Reflect.apply(beginBatch, this, [])
    const whole = batch.write.bind(batch)
    write = () => whole({ sync: true })
    batch.write = () => Promise.reject(new Error('EIO'))
    return batch as never
  })
  vi.spyOn(ClassicLevel.prototype, 'close').mockImplementationOnce(async function (
    this: ClassicLevel,
  ) {
    await write()
    await Reflect.apply(close, this, [])
  })
}

const otherHolderAtNextClose = (folder: string): void => {
  vi.spyOn(ClassicLevel.prototype, 'close').mockImplementationOnce(async function (
    this: ClassicLevel,
  ) {
    await Reflect.apply(close, this, [])
    const other = new DiskStore({ folder })
    await other.open()
    await other.close()
  })
}

const closing = (store: DiskStore): DiskStore & AsyncDisposable =>
  Object.assign(store, { [Symbol.asyncDispose]: () => store.close() })
