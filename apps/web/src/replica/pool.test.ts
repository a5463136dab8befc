import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, expect, test } from 'vitest'
import { ClaimedLeases } from './claimed-leases.ts'
import { LockedLeases } from './locked-leases.ts'
import { IdentityPool, type PooledIdentity, type TabMemory } from './pool.ts'

// Node has Web Locks, between all that runs in one process.
let namespace = 0
beforeEach(() => {
  namespace++
  globalThis.indexedDB = new IDBFactory()
})

const open = (): Promise<IdentityPool> =>
  IdentityPool.open(`pool-${namespace}`, (name) => new LockedLeases(name))

const memory = (number?: number): TabMemory & { number: number | undefined } => ({
  number,
  get() {
    return this.number
  },
  set(taken) {
    this.number = taken
  },
})

const openTabs = async (count: number): Promise<PooledIdentity[]> =>
  Promise.all(Array.from({ length: count }, async () => (await open()).take(memory())))

const numbersOf = (identities: readonly PooledIdentity[]): number[] =>
  identities.map(({ number }) => number).toSorted((a, b) => a - b)

test('tabs that open at once get one each, and those who come later the ones that are free', async () => {
  const first = await openTabs(5)
  expect(numbersOf(first)).toEqual([1, 2, 3, 4, 5])
  expect(new Set(first.map(({ database }) => database)).size).toBe(5)
  for (const { release } of first) release()
  expect(numbersOf(await openTabs(5))).toEqual([1, 2, 3, 4, 5])
  expect(numbersOf(await openTabs(1))).toEqual([6])
})

test('a tab that reloads gets its own again; a duplicate of it another', async () => {
  const [, second] = await openTabs(3)
  const own = memory(second!.number)
  const taking = (await open()).take(own)
  second!.release()
  expect((await taking).number).toBe(second!.number)
  const duplicate = memory(second!.number)
  expect((await (await open()).take(duplicate)).number).toBe(4)
  expect(duplicate.number).toBe(4)
})

test('a number that the pool has never given is not taken from a tab’s memory', async () => {
  expect((await (await open()).take(memory(7))).number).toBe(1)
})

test('those that are left are taken up one by one, and are free again after', async () => {
  const [held, left, also] = await openTabs(3)
  left!.release()
  also!.release()
  const pool = await open()
  const seen: number[] = []
  await pool.forEachLeft(async ({ number }) => void seen.push(number))
  expect(seen).toEqual([left!.number, also!.number])
  expect(seen).not.toContain(held!.number)
  expect(numbersOf(await openTabs(2))).toEqual([2, 3])
})

test('a tab that opens while others are taken up waits for those, and makes no new one', async () => {
  const [, left] = await openTabs(2)
  left!.release()
  const { promise: looked, resolve: goOn } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const pool = await open()
  const takingUp = pool.forEachLeft(async () => {
    begin()
    await looked
  })
  await begun
  const opening = openTabs(1)
  goOn()
  await takingUp
  expect(numbersOf(await opening)).toEqual([2])
  expect(await pool.numbers()).toEqual([1, 2])
})

test('an identity that can not be taken up is released', async () => {
  const [left] = await openTabs(1)
  left!.release()
  const pool = await open()
  const damaged = pool.forEachLeft(() => Promise.reject(new Error('damaged')))
  await expect(damaged).rejects.toThrow('damaged')
  expect(numbersOf(await openTabs(1))).toEqual([1])
})

test('where there are no locks, too, each of those who open at once gets its own', async () => {
  const pools = await Promise.all(
    [1, 2, 3].map(() =>
      IdentityPool.open(
        `pool-${namespace}`,
        (name, db) => new ClaimedLeases(name, db, { page: new EventTarget() }),
      ),
    ),
  )
  const taken = await Promise.all(pools.map((pool) => pool.take(memory())))
  expect(new Set(numbersOf(taken)).size).toBe(3)
  for (const pool of pools) pool.close()
  expect(numbersOf(await openTabs(1))).toEqual([1])
})
