import { hashRequestId, TallymeshError, type DistributedKeyCounter } from '@tallymesh/core'
import { loadState, RecordCodec } from '@tallymesh/storage'
import { beforeEach, describe, expect, it } from 'vitest'
import { Journal, type CheckedIncrement } from './journal.ts'
import { settle } from './testing/fake-clock.ts'
import { HeldStore } from './testing/held-store.ts'
import { counterOf, rootOf } from './testing/world.ts'
import type { CounterChange, IncrementResult } from './types.ts'

let counter: DistributedKeyCounter
let store: HeldStore
let journal: Journal
let changes: CounterChange[]
let troubles: (string | null)[]
let committed: number

beforeEach(async () => {
  counter = counterOf('me')
  store = new HeldStore()
  await store.open()
  changes = []
  troubles = []
  committed = 0
  journal = new Journal(counter, store, new RecordCodec(), {
    committed: () => committed++,
    changed: (change) => changes.push(change),
    trouble: (error) => troubles.push(error === null ? null : (error as TallymeshError).code),
  })
})

const add = (key: string, amount = 1, requestId?: string): CheckedIncrement => ({
  key,
  amount,
  hash: requestId === undefined ? undefined : hashRequestId(requestId),
})
const increment = async (...all: Parameters<typeof add>): Promise<IncrementResult> =>
  (await journal.increment([add(...all)]))[0]!

/** What a restart would find. */
const stored = async (): Promise<DistributedKeyCounter> => {
  const found = counterOf('me')
  for await (const chunk of loadState(store, new RecordCodec()))
    for (const change of chunk.changes) found.restore(change)
  return found
}

const foreign = (keys: number): DistributedKeyCounter => {
  const other = counterOf('other')
  for (let i = 0; i < keys; i++) other.increment(`key-${i}`)
  return other
}

describe('group commit', () => {
  it('of increments that are made in one turn is one', async () => {
    const results = await Promise.all(Array.from({ length: 1000 }, () => increment('x')))
    expect(store.commits).toBe(1)
    expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(results.map(({ value }) => value)).toEqual(results.map(({ seq }) => BigInt(seq)))
    expect([committed, changes.length]).toEqual([1, 1])
  })

  it('takes what arrives while one is under way into the next, together', async () => {
    store.isHeld = true
    const first = increment('x')
    await settle()
    const rest: Promise<unknown>[] = []
    for (let i = 0; i < 100; i++) {
      rest.push(increment(`key-${i % 9}`))
      await settle()
    }
    rest.push(journal.join(foreign(5).state(), 'peer'))
    expect(store.commits).toBe(1)
    store.isHeld = false
    store.letThrough()
    await Promise.all([first, ...rest])
    expect(store.commits).toBe(2)
  })

  it('counts increments before what is joined beside them, and tells who brought a change', async () => {
    const joined = journal.join(foreign(1).state(), 'peer')
    const { value, ops } = await increment('key-0', 5)
    await joined
    expect([value, ops]).toEqual([5n, 1])
    expect(changes).toEqual([{ key: 'key-0', value: 6n, previous: 0n, ops: 2, origin: 'peer' }])
  })

  it('is none for what changes nothing', async () => {
    await journal.join(foreign(3).state(), 'peer')
    await journal.join(foreign(3).state(), 'peer')
    expect([store.commits, committed]).toEqual([1, 1])
  })
})

describe('before it is durable', () => {
  it('nothing is seen, told or answered', async () => {
    store.isHeld = true
    const before = rootOf(counter)
    let isAnswered = false
    const all = Promise.all([
      increment('x', 5, 'r1'),
      journal.join(foreign(3).state(), 'peer'),
    ]).then(() => (isAnswered = true))
    await settle()
    expect(store.commits).toBe(1)
    expect([isAnswered, committed, changes]).toEqual([false, 0, []])
    expect([rootOf(counter), counter.seq, counter.version]).toEqual([before, 0, new Map()])
    store.letThrough()
    await all
    expect(counter.getValue('x')).toBe(5n)
    expect(rootOf(await stored())).toBe(rootOf(counter))
    expect((await stored()).version).toEqual(counter.version)
  })

  it('a retry waits for its first try, and is told so', async () => {
    store.isHeld = true
    const first = increment('x', 5, 'r1')
    await settle()
    const second = increment('x', 5, 'r1')
    store.letThrough()
    expect(await first).toMatchObject({ seq: 1, duplicate: false })
    expect(await second).toMatchObject({ seq: 1, duplicate: true, value: 5n, ops: 1 })
    expect(store.commits).toBe(1)
  })
})

describe('a batch', () => {
  it('is recorded whole or not at all', async () => {
    await increment('x', 1, 'r1')
    const before = rootOf(counter)
    const bad = journal.increment([add('a'), add('b'), add('x', 2, 'r1'), add('c')])
    // One that comes along is none the worse.
    const good = increment('d')
    await expect(bad).rejects.toMatchObject({ code: 'ERR_REQUEST_CONFLICT' })
    expect(await good).toMatchObject({ seq: 2 })
    expect(counter.keys()).toEqual(['x', 'd'])
    expect(rootOf(counter)).not.toBe(before)
    expect(rootOf(await stored())).toBe(rootOf(counter))
  })

  it('counts a request in it once', async () => {
    const results = await journal.increment([add('x', 5, 'r1'), add('y'), add('x', 5, 'r1')])
    expect(results.map(({ seq, duplicate }) => [seq, duplicate])).toEqual([
      [1, false],
      [2, false],
      [1, true],
    ])
    expect(counter.getValue('x')).toBe(5n)
  })

  it('that conflicts with itself is refused', async () => {
    const batch = journal.increment([add('x', 5, 'r1'), add('x', 6, 'r1')])
    await expect(batch).rejects.toMatchObject({ code: 'ERR_REQUEST_CONFLICT' })
    expect([counter.size, store.commits]).toEqual([0, 0])
  })

  it('that would pass the limit of a total is refused whole', async () => {
    const amount = 2n ** 1023n
    const big = { key: 'x', amount, hash: undefined }
    await expect(journal.increment([add('y'), big, big])).rejects.toMatchObject({
      code: 'ERR_TOTAL_LIMIT',
    })
    expect(counter.size).toBe(0)
  })
})

describe('a refused commit', () => {
  it('rejects all that was in it, changes nothing, and later ones work', async () => {
    await increment('x')
    const [before, version] = [rootOf(counter), counter.version]
    store.isHeld = true
    const all = Promise.allSettled([
      increment('x', 5, 'r1'),
      increment('y'),
      journal.join(foreign(3).state(), 'peer'),
    ])
    await settle()
    store.refuse()
    for (const end of await all)
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_WRITE' } })
    expect([rootOf(counter), counter.version]).toEqual([before, version])
    expect(rootOf(await stored())).toBe(before)
    expect([troubles, changes.length, committed]).toEqual([['ERR_STORE_WRITE'], 1, 1])

    store.isHeld = false
    // Not a duplicate: what was refused was not recorded.
    expect(await increment('x', 5, 'r1')).toMatchObject({ seq: 2, duplicate: false, value: 6n })
    await journal.join(foreign(3).state(), 'peer')
    expect(counter.slotCount).toBe(4)
    expect(rootOf(await stored())).toBe(rootOf(counter))
    expect(troubles).toEqual(['ERR_STORE_WRITE', null])
  })

  it('keeps the error of a store that has one of its own', async () => {
    store.isHeld = true
    const refused = Promise.allSettled([increment('x')])
    await settle()
    const reason = new TallymeshError('ERR_STORE_WRITE', 'the lease is lost')
    store.refuse(reason)
    expect(await refused).toEqual([{ status: 'rejected', reason }])
  })

  it('leaves what came meanwhile to the next', async () => {
    store.isHeld = true
    const first = Promise.allSettled([increment('x')])
    await settle()
    const second = increment('x')
    store.isHeld = false
    store.refuse()
    expect(await first).toMatchObject([{ reason: { code: 'ERR_STORE_WRITE' } }])
    expect(await second).toMatchObject({ seq: 1, value: 1n })
  })
})

describe('stop', () => {
  it('finishes what was accepted, and takes nothing more', async () => {
    store.isHeld = true
    const first = increment('x')
    await settle()
    const second = increment('x')
    let isStopped = false
    const stopping = journal.stop().then(() => (isStopped = true))
    await expect(increment('x')).rejects.toMatchObject({ code: 'ERR_STOPPED' })
    await expect(journal.join([], 'peer')).rejects.toMatchObject({ code: 'ERR_STOPPED' })
    await settle()
    expect(isStopped).toBe(false)
    store.isHeld = false
    store.letThrough()
    await stopping
    expect((await Promise.all([first, second])).map(({ seq }) => seq)).toEqual([1, 2])
    expect((await stored()).getValue('x')).toBe(2n)
  })

  it('of an idle one is at once', async () => {
    await journal.stop()
    expect(store.commits).toBe(0)
  })
})
